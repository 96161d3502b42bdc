import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import UpstreamIdentity

/// OpenID Connect Back-Channel Logout 1.0 §2.7: what a verified logout token ends.
struct ProviderLogout: Sendable {
    let sessions: any SessionStore
    let vault: any VaultStore
    let replay: any ReplayStore
    let revocations: ProviderRevocations
    /// The upstreams whose tokens are also erased, and revoked there.
    let revokingUpstreams: Set<String>
    let audit: AuditTrail

    /// The reason of a connection that a logout ended.
    static let reason = "logged_out_at_provider"

    /// Ends everything that the token names, once for each token.
    ///
    /// - Throws: `invalid_request` for a token that was used before, `temporarily_unavailable` when the store fails.
    func end(
        _ victims: LogoutSubjects.Named,
        _ token: LogoutToken,
        _ provider: UpstreamProvider,
        _ context: RequestContext
    ) async throws(OAuthError) {
        let id = SHA256.hash("backchannel-logout\n\(provider.identityNamespace)\n\(token.tokenID)")
        let owner = AssertionOwner(
            id: SHA256.hash("backchannel-logout\n\(provider.identityNamespace)"),
            isSelfRegistered: false
        )
        // The verifier accepts a clock that is slightly behind; the token could be replayed for that much longer. All
        // changes are made before the first is waited for. If one does not hold, the earlier ones are taken back:
        // the provider sends the same token again, which must then find the sessions that it names.
        let ended = try await answering(
            await replay.consume(id, of: owner, expiry: token.expiry + .seconds(300), now: context.now)
        ) { (consumption) throws(OAuthError) in
            switch consumption {
            case .consumed: break
            case .replayed: throw OAuthError(.invalidRequest, "the logout token has already been used")
            case .full: throw .overloaded
            }
            return try await answering(await sessions.end(victims.ending)) { (count) throws(OAuthError) in
                try await endLogins(Array(victims.users)[...], victims.connections, provider, count)
            }
        }
        for userID in victims.users { audit.record(.signedOut(userID, by: "provider"), context: context) }
        for session in victims.ending.sessions {
            audit.record(.signedOut(session, at: provider.name), context: context)
        }
        // The provider waits for this answer, so its own tokens are revoked there afterwards.
        for connection in ended.erased { revocations.add(connection, cause: Self.reason, now: context.now) }
        audit.record(
            .loggedOutUpstream(
                provider.name,
                sessions: ended.sessionCount,
                connections: ended.erased.count + ended.revokedCount
            ),
            context: context
        )
    }

    // A new epoch is not taken back when the rest does not hold: signing in again costs a user little.
    private func endLogins(
        _ users: ArraySlice<UserID>,
        _ connections: [Connection],
        _ provider: UpstreamProvider,
        _ sessionCount: Int
    ) async throws(OAuthError) -> Ended {
        guard let userID = users.first else {
            return try await end(connections[...], at: provider, Ended(sessionCount: sessionCount))
        }
        return try await answering(await vault.endLogins(of: userID)) { (_) throws(OAuthError) in
            try await endLogins(users.dropFirst(), connections, provider, sessionCount)
        }
    }

    /// What a logout token ended.
    private struct Ended: Sendable {
        let sessionCount: Int
        var erased: [Connection] = []
        var revokedCount = 0
    }

    // Tokens that a refresh replaced since the look-up belong to the same login; those of a new login stay.
    private func end(
        _ connections: ArraySlice<Connection>,
        at provider: UpstreamProvider,
        _ ended: Ended
    ) async throws(OAuthError) -> Ended {
        guard let connection = connections.first else { return ended }
        let (id, obtainedAt) = (connection.id, connection.obtainedAt)
        if revokingUpstreams.contains(provider.name) {
            return try await answering(await vault.disconnect(id, obtainedAt: obtainedAt)) {
                (erased) throws(OAuthError) in
                var ended = ended
                if let erased { ended.erased.append(erased) }
                return try await end(connections.dropFirst(), at: provider, ended)
            }
        }
        return try await answering(await vault.revoke(id, obtainedAt: obtainedAt, reason: Self.reason)) {
            (isRevoked) throws(OAuthError) in
            var ended = ended
            if isRevoked { ended.revokedCount += 1 }
            return try await end(connections.dropFirst(), at: provider, ended)
        }
    }
}
