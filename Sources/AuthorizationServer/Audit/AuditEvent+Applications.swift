package import OAuthProtocol
package import OAuthState

/// What users and operators take away from applications.
extension AuditEvent {
    /// Remembered approvals were withdrawn: the user is asked again.
    package static func consentsWithdrawn(
        _ withdrawal: ConsentWithdrawal,
        count: Int,
        by actor: String
    ) -> AuditEvent {
        var fields: AuditFields = ["sub": .string(withdrawal.userID.text)]
        if let clientID = withdrawal.clientID { fields.append("client_id", clientID) }
        fields.append("count", count)
        fields.append("by", actor)
        return AuditEvent("consent.withdrawn", fields)
    }

    /// A client changed its own registration (RFC 7592).
    package static func registrationChanged(_ client: Client) -> AuditEvent {
        AuditEvent(
            "client.updated",
            [
                "client_id": .string(client.id),
                "redirect_uris": .array(client.redirectURIs.map(JSONValue.string)),
            ]
        )
    }
}
