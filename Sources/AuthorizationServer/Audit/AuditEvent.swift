package import OAuthProtocol
package import OAuthState
package import UpstreamIdentity

/// One security-relevant event, as the audit trail stores it: the parties, the action and the result.
///
/// Never a secret: fields are ids, names and codes (D-25).
package struct AuditEvent: Sendable {
    /// The event's name, such as `token.refreshed`.
    package let name: String
    /// The members, in the order in which they are written.
    let fields: AuditFields

    init(_ name: String, _ fields: AuditFields) {
        self.name = name
        self.fields = fields
    }

    /// The same event with the number of its kind so far.
    func counting(failures: Int) -> AuditEvent {
        var fields = fields
        fields.append("failures", failures)
        return AuditEvent(name, fields)
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
    package static func signingKeyChanged(
        _ keyID: String,
        cause: KeyChangeCause,
        by actor: String? = nil
    ) -> AuditEvent {
        var fields: AuditFields = ["kid": .string(keyID), "cause": .string(cause.rawValue)]
        if let actor { fields.append("by", actor) }
        return AuditEvent("signing_key.changed", fields)
    }

    /// An operator gave the vault another key, which seals upstream tokens from now on (VT-5).
    package static func vaultKeyChanged(_ number: UInt32, by actor: String) -> AuditEvent {
        AuditEvent("vault_key.changed", ["key": .integer(Int(number)), "by": .string(actor)])
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
    package static func upstreamFailed(
        _ upstream: String,
        error: OAuthError.Code,
        reason: UpstreamFailureReason,
        words: ProviderWords?
    ) -> AuditEvent {
        var fields: AuditFields = [
            "upstream": .string(upstream), "error": .string(error.wireValue), "reason": .string(reason.rawValue),
        ]
        if let words { fields.append("provider", words.description) }
        return AuditEvent("upstream.login_failed", fields)
    }

    /// A provider refused or failed to refresh a connection's tokens.
    package static func upstreamRefreshFailed(
        _ connection: Connection,
        reason: UpstreamFailureReason,
        words: ProviderWords?
    ) -> AuditEvent {
        var fields: AuditFields = [
            "upstream": .string(connection.upstream), "sub": .string(connection.userID.text),
            "connection": .string(connection.id.text), "reason": .string(reason.rawValue),
        ]
        if let words { fields.append("provider", words.description) }
        return AuditEvent("upstream.refresh_failed", fields)
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
    ///
    /// A repeat from another network with another `User-Agent` has a name of its own: it may be a thief who rides on
    /// the grace.
    package static func refreshed(_ session: Session, isRepeat: Bool, isElsewhere: Bool = false) -> AuditEvent {
        var fields = AuditFields(session)
        fields.append("generation", Int(session.generation))
        fields.append("repeat", isRepeat)
        return AuditEvent(isElsewhere ? "token.repeated_elsewhere" : "token.refreshed", fields)
    }

    /// Tokens were issued for a refresh token that is newer than the state, after a restore; once for a family.
    package static func aheadOfState(_ session: Session, presented generation: UInt32) -> AuditEvent {
        var fields = AuditFields(session)
        fields.append("generation", Int(generation))
        return AuditEvent("token.ahead_of_state", fields)
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
    package static func issuedToClient(
        _ clientID: String,
        resource: String,
        scopes: ScopeSet,
        grantType: GrantType
    ) -> AuditEvent {
        AuditEvent(
            "token.issued",
            [
                "client_id": .string(clientID),
                "resource": .string(resource),
                "scope": .string(scopes.text),
                "grant_type": .string(grantType.rawValue),
            ]
        )
    }

    /// A client ended its session by revoking the refresh token (RFC 7009).
    package static func sessionRevoked(_ session: Session) -> AuditEvent {
        AuditEvent("session.revoked", AuditFields(session))
    }

    /// An operator ended a session.
    package static func sessionEnded(_ session: Session, by actor: String) -> AuditEvent {
        var fields = AuditFields(session)
        fields.append("by", actor)
        return AuditEvent("session.ended", fields)
    }

    /// An operator ended all sessions that match; each has an event of its own.
    package static func endedAll(_ filter: JSONObject, sessions: Int, by actor: String) -> AuditEvent {
        AuditEvent(
            "administration.ended_all",
            ["filter": .object(filter), "sessions": .integer(sessions), "by": .string(actor)]
        )
    }

    /// An operator blocked or unblocked somebody or something.
    package static func blocked(_ party: BlockedParty, isBlocked: Bool, by actor: String) -> AuditEvent {
        AuditEvent(
            isBlocked ? "administration.blocked" : "administration.unblocked",
            ["kind": .string(party.kind), "value": .string(party.value), "by": .string(actor)]
        )
    }

    /// An operator withdrew a signing key: nothing that it signed is accepted any longer.
    package static func signingKeyWithdrawn(_ keyID: String, by actor: String) -> AuditEvent {
        AuditEvent("signing_key.withdrawn", ["kid": .string(keyID), "by": .string(actor)])
    }

    /// The configuration was read again, with its secrets and certificates; these keys have changed.
    package static func reloaded(_ keys: [String], by actor: String) -> AuditEvent {
        AuditEvent(
            "configuration.reloaded",
            ["keys": .array(keys.map(JSONValue.string)), "by": .string(actor)]
        )
    }

    /// The configuration was read again and refused; these keys need a restart, if they are the reason.
    package static func reloadRefused(_ keys: [String], by actor: String) -> AuditEvent {
        AuditEvent(
            "configuration.reload_refused",
            ["keys": .array(keys.map(JSONValue.string)), "by": .string(actor)]
        )
    }

    /// A snapshot was written because an operator asked for it.
    package static func snapshotWritten(by actor: String) -> AuditEvent {
        AuditEvent("snapshot.written", ["by": .string(actor)])
    }

    /// An operator ended connections at an upstream; each has an event of its own once its provider was asked.
    package static func endedConnections(at upstream: String, count: Int, by actor: String) -> AuditEvent {
        AuditEvent(
            "administration.ended_connections",
            ["upstream": .string(upstream), "connections": .integer(count), "by": .string(actor)]
        )
    }

    /// An operator removed a client.
    package static func clientRemoved(_ clientID: String, by actor: String) -> AuditEvent {
        AuditEvent("client.removed", ["client_id": .string(clientID), "by": .string(actor)])
    }

    /// A session ended because a provider ended its grant permanently (VR-9), or because its account there is no longer
    /// accepted (UP-4).
    package static func endedWithUpstream(_ session: Session, _ connection: Connection) -> AuditEvent {
        var fields = AuditFields(session)
        fields.append("upstream", connection.upstream)
        fields.append("reason", connection.reason ?? "")
        return AuditEvent("session.ended_upstream", fields)
    }

    /// A provider signed the user of a session out (OpenID Connect Back-Channel Logout 1.0).
    static func signedOut(_ session: SessionID, at upstream: String) -> AuditEvent {
        var fields = AuditFields()
        fields.append("tsid", session)
        fields.append("upstream", upstream)
        fields.append("reason", "logged_out_at_provider")
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

    /// A user chose the account that is used at its upstream by default.
    package static func defaultChosen(_ userID: UserID, connection: ConnectionID) -> AuditEvent {
        AuditEvent(
            "connection.default_chosen",
            ["sub": .string(userID.text), "connection": .string(connection.text)]
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

    /// All browser logins of a user ended: the user signed out everywhere, a provider reported a logout, or an
    /// administrator ended them.
    package static func signedOut(_ userID: UserID, by actor: String) -> AuditEvent {
        AuditEvent("user.signed_out", ["sub": .string(userID.text), "by": .string(actor)])
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
}
