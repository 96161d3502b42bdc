package import OAuthProtocol
package import OAuthState

/// One security-relevant event, as the audit trail stores it: the parties, the action and the result.
///
/// Never a secret: fields are ids, names and codes (D-25).
package struct AuditEvent: Sendable {
    /// The event's name, such as `token.refreshed`.
    package let name: String
    /// The members, in the order in which they are written.
    let fields: AuditFields

    private init(_ name: String, _ fields: AuditFields) {
        self.name = name
        self.fields = fields
    }

    /// A client registered itself (RFC 7591).
    ///
    /// Its name is arbitrary text and is not written to an unencrypted file.
    package static func registered(_ client: Client) -> AuditEvent {
        AuditEvent(
            "client.registered",
            [
                "client_id": .string(client.id),
                "redirect_uris": .array(client.redirectURIs.map(JSONValue.string)),
            ]
        )
    }

    /// A client's metadata document was unusable (CM-6).
    package static func metadataDocumentRefused(clientID: String, _ failure: MetadataDocumentFailure) -> AuditEvent {
        AuditEvent(
            "client.document_refused",
            [
                "client_id": .string(clientID),
                "kind": .string(failure.kind.rawValue),
                "reason": .string(failure.reason),
            ]
        )
    }

    /// The trail could not take this many events, which are lost (`audit.when_full: drop-and-count`).
    package static func dropped(_ count: Int) -> AuditEvent {
        AuditEvent("audit.dropped", ["count": .integer(count)])
    }

    /// The cause of a change of the signing key.
    package enum KeyChangeCause: String, Sendable {
        case administrator
        case schedule
        case files
    }

    /// Another key signs tokens from now on (MD-9).
    package static func signingKeyChanged(_ keyID: String, cause: KeyChangeCause) -> AuditEvent {
        AuditEvent("signing_key.changed", ["kid": .string(keyID), "cause": .string(cause.rawValue)])
    }

    /// Another key seals upstream tokens from now on (VT-5).
    package static func vaultKeyChanged(_ number: UInt32) -> AuditEvent {
        AuditEvent("vault_key.changed", ["key": .integer(Int(number))])
    }

    /// The user answered the consent page.
    package static func consented(_ request: AuthorizationRequest, approved: Bool) -> AuditEvent {
        AuditEvent(
            approved ? "consent.approved" : "consent.denied",
            [
                "client_id": .string(request.clientID),
                "resource": .string(request.resource),
                "scope": .string(request.scopes.text),
            ]
        )
    }

    /// A login ended with a code.
    package static func authorized(_ grant: AuthorizationGrant) -> AuditEvent {
        AuditEvent(
            "authorization.granted",
            [
                "client_id": .string(grant.request.clientID),
                "sub": .string(grant.userID.text),
                "tsid": .string(grant.sessionID.text),
                "resource": .string(grant.request.resource),
                "scope": .string(grant.request.scopes.text),
            ]
        )
    }

    /// An authorization request was refused after its redirect URI had been verified.
    package static func authorizationRefused(clientID: String, error: OAuthError.Code) -> AuditEvent {
        AuditEvent("authorization.refused", ["client_id": .string(clientID), "error": .string(error.wireValue)])
    }

    /// An upstream leg failed.
    package static func upstreamFailed(_ upstream: String, error: OAuthError.Code) -> AuditEvent {
        AuditEvent("upstream.login_failed", ["upstream": .string(upstream), "error": .string(error.wireValue)])
    }

    /// A callback was refused.
    package static func callbackRefused(_ upstream: String, reason: String) -> AuditEvent {
        AuditEvent("upstream.callback_refused", ["upstream": .string(upstream), "reason": .string(reason)])
    }

    /// An answer to a consent page was refused (D-54).
    package static func consentRefused(reason: String) -> AuditEvent {
        AuditEvent("consent.refused", ["reason": .string(reason)])
    }

    /// Tokens were issued for a code.
    package static func issued(_ session: Session, grantType: GrantType) -> AuditEvent {
        var fields = AuditFields(session)
        fields.append("grant_type", grantType.rawValue)
        return AuditEvent("token.issued", fields)
    }

    /// Tokens were issued for a refresh token; a repeat is a predecessor within the grace (FD-1).
    package static func refreshed(_ session: Session, isRepeat: Bool) -> AuditEvent {
        var fields = AuditFields(session)
        fields.append("generation", Int(session.generation))
        fields.append("repeat", isRepeat)
        return AuditEvent("token.refreshed", fields)
    }

    /// A refresh token was used again outside the grace: the family is revoked (RFC 9700 §4.14.2).
    package static func refreshTokenReused(_ session: Session, generation: UInt32) -> AuditEvent {
        var fields = AuditFields(session)
        fields.append("generation", Int(generation))
        return AuditEvent("token.reuse_detected", fields)
    }

    /// A code was redeemed again: the tokens of the first redemption are revoked (RFC 6749 §4.1.2).
    package static func codeReplayed(_ sessionID: SessionID, clientID: String) -> AuditEvent {
        AuditEvent("code.reuse_detected", ["tsid": .string(sessionID.text), "client_id": .string(clientID)])
    }

    /// Tokens were issued to a client itself.
    package static func issuedToClient(_ clientID: String, resource: String, scopes: ScopeSet) -> AuditEvent {
        AuditEvent(
            "token.issued",
            [
                "client_id": .string(clientID),
                "resource": .string(resource),
                "scope": .string(scopes.text),
                "grant_type": .string(GrantType.clientCredentials.rawValue),
            ]
        )
    }

    /// A client ended its session by revoking the refresh token (RFC 7009).
    package static func sessionRevoked(_ session: Session) -> AuditEvent {
        AuditEvent("session.revoked", AuditFields(session))
    }

    /// A session ended because a provider ended its grant permanently (VR-9).
    package static func endedWithUpstream(_ session: Session, _ connection: Connection) -> AuditEvent {
        var fields = AuditFields(session)
        fields.append("upstream", connection.upstream)
        fields.append("reason", connection.reason ?? "")
        return AuditEvent("session.ended_upstream", fields)
    }

    /// A client revoked one access token (RFC 7009).
    package static func accessTokenRevoked(_ claims: AccessTokenClaims) -> AuditEvent {
        AuditEvent(
            "token.revoked",
            [
                "client_id": .string(claims.clientID),
                "sub": .string(claims.subject),
                "tsid": .string(claims.sessionID ?? ""),
                "resource": .string(claims.audience),
                "jti": .string(claims.tokenID),
            ]
        )
    }

    /// A client presented another client's token for revocation; it stays valid (D-47).
    package static func revocationRefused(clientID: String, sessionID: SessionID?) -> AuditEvent {
        AuditEvent(
            "revocation.refused",
            ["client_id": .string(clientID), "tsid": .string(sessionID?.text ?? ""), "reason": "foreign_token"]
        )
    }

    /// A resource server presented a subject token that was refused (D-37, D-67).
    package static func exchangeRefused(clientID: String, error: OAuthError) -> AuditEvent {
        AuditEvent(
            "upstream_token.refused",
            [
                "client_id": .string(clientID),
                "result": .string(error.code.wireValue),
                "reason": .string(error.description),
            ]
        )
    }

    /// A resource server reported that the upstream's API refused a retrieved token.
    package static func reportedInvalid(
        _ session: Session,
        clientID: String,
        upstream: String,
        effect: String
    ) -> AuditEvent {
        AuditEvent(
            "upstream_token.reported_invalid",
            [
                "client_id": .string(clientID), "sub": .string(session.userID.text), "tsid": .string(session.id.text),
                "upstream": .string(upstream), "result": .string(effect),
            ]
        )
    }

    /// A user connected or widened an upstream on our page, or was refused.
    package static func connected(_ userID: UserID, upstream: String, account: String?, result: String) -> AuditEvent {
        AuditEvent(
            result == "success" ? "connection.connected" : "connection.refused",
            [
                "sub": .string(userID.text), "upstream": .string(upstream), "account": .string(account ?? ""),
                "result": .string(result),
            ]
        )
    }

    /// A connection was ended: by its user, an administrator, or the provider.
    package static func disconnected(_ connection: Connection, by actor: String, provider: String) -> AuditEvent {
        AuditEvent(
            "connection.disconnected",
            [
                "sub": .string(connection.userID.text), "connection": .string(connection.id.text),
                "upstream": .string(connection.upstream), "account": .string(connection.account),
                "by": .string(actor), "provider": .string(provider),
            ]
        )
    }

    /// This server registered itself at a provider (RFC 7591).
    package static func upstreamRegistered(_ upstream: String, clientID: String) -> AuditEvent {
        AuditEvent("upstream.registered", ["upstream": .string(upstream), "client_id": .string(clientID)])
    }

    /// A provider reported that a user or a session is signed out (OpenID Connect Back-Channel Logout 1.0).
    package static func loggedOutUpstream(_ upstream: String, sessions: Int, connections: Int) -> AuditEvent {
        AuditEvent(
            "upstream.logged_out",
            [
                "upstream": .string(upstream), "sessions": .integer(sessions), "connections": .integer(connections),
            ]
        )
    }

    /// An upstream token was returned to a resource server, or refused.
    package static func exchanged(_ vend: Vend) -> AuditEvent {
        AuditEvent("upstream_token.exchanged", vend.auditFields)
    }
}
