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

    /// A token for an agent was made; its name is arbitrary text and is not written to an unencrypted file.
    package static func agentMade(_ session: Session, by actor: String) -> AuditEvent {
        var fields = AuditFields(session)
        if let agent = session.agent {
            if let parent = agent.parent { fields.append("parent", parent) }
            if let maker = agent.maker { fields.append("maker", maker) }
        }
        fields.append("expires_at", session.expiry.rfc3339)
        fields.append("by", actor)
        return AuditEvent("agent.made", fields)
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
