package import OAuthProtocol
package import OAuthState

extension AuditEvent {
    /// RFC 9449 §11.1: a DPoP proof was used a second time; somebody may have copied a request.
    package static func proofReplayed(_ key: KeyThumbprint, clientID: String?) -> AuditEvent {
        var fields: AuditFields = ["jkt": .string(key.text)]
        if let clientID { fields.append("client_id", .string(clientID)) }
        return AuditEvent("dpop.proof_replayed", fields)
    }

    /// RFC 9449 §5: a refresh token was used without the key that it is bound to; it may have been stolen.
    package static func refreshedWithoutKey(_ use: RefreshTokenUse) -> AuditEvent {
        var fields: AuditFields = [
            "client_id": .string(use.clientID), "tsid": .string(use.family.text),
        ]
        if let key = use.key { fields.append("jkt", .string(key.text)) }
        return AuditEvent("token.key_refused", fields)
    }
}
