import OAuthProtocol
import OAuthState

/// What other issuers vouch for, and what clients do for others.
extension AuditEvent {
    /// A client got a token that makes it the actor for another party (RFC 8693 §4.1).
    ///
    /// `act` names all that acted, the most recent one first.
    static func delegated(_ content: AccessTokenContent, actors: ActorChain, tokenID: String) -> AuditEvent {
        var fields = AuditFields(content)
        fields.append("act", .array(actors.names.map(JSONValue.string)))
        fields.append("jti", tokenID)
        return AuditEvent("token.delegated", fields)
    }

    /// A client may not act for others, or not with this token.
    static func delegationRefused(clientID: String, error: OAuthError) -> AuditEvent {
        AuditEvent(
            "delegation.refused",
            [
                "client_id": .string(clientID), "result": .string(error.code.wireValue),
                "reason": .string(error.description),
            ]
        )
    }

    /// A device asked for a code that its user has to approve (RFC 8628).
    static func deviceRequested(_ device: DeviceAuthorization) -> AuditEvent {
        AuditEvent(
            "device.requested",
            [
                "client_id": .string(device.clientID), "resource": .string(device.resource),
                "scope": .string(device.scopes.text),
            ]
        )
    }

    /// Tokens were issued for a user whom another issuer vouched for.
    static func issuedForAssertion(_ session: Session, issuer: String, grantType: GrantType) -> AuditEvent {
        var fields = AuditFields(session)
        fields.append("grant_type", grantType.rawValue)
        fields.append("issuer", issuer)
        return AuditEvent("token.issued", fields)
    }

    /// A token was issued to a workload; `sub` starts with its issuer.
    static func issuedToWorkload(_ content: AccessTokenContent, tokenID: String) -> AuditEvent {
        var fields = AuditFields(content)
        fields.append("grant_type", GrantType.jwtBearer.rawValue)
        fields.append("jti", tokenID)
        return AuditEvent("token.issued", fields)
    }

    /// An assertion of another issuer was refused; the client is known if one authenticated.
    static func assertionRefused(clientID: String?, error: OAuthError) -> AuditEvent {
        AuditEvent(
            "assertion.refused",
            [
                "client_id": .string(clientID ?? ""), "result": .string(error.code.wireValue),
                "reason": .string(error.description),
            ]
        )
    }
}

extension AuditFields {
    /// The members that identify a token without a session of its own.
    fileprivate init(_ content: AccessTokenContent) {
        self.init(capacity: Self.usualByteCount)
        append("client_id", content.clientID)
        append("sub", content.subject)
        if let sessionID = content.sessionID { append("tsid", sessionID) }
        append("resource", content.audience)
        append("scope", content.scopes)
    }
}
