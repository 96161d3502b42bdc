import HTTPTypes
import OAuthProtocol
package import OAuthState
import OpenSSLCrypto
package import SocketHTTP
import UpstreamIdentity

/// OpenID Connect Back-Channel Logout 1.0 §2.5: a provider reports that a user, or one of a user's sessions, is signed
/// out there (LO-1, D-96).
///
/// The named sessions end here: no token of theirs is accepted or refreshed. So do codes and logins that would become
/// such sessions, the user's logins with browsers, and the connection whose tokens came from them. If configured, the
/// connection's tokens are also erased and revoked at the provider.
package struct BackChannelLogoutEndpoint: Endpoint {
    private let upstreams: UpstreamDirectory
    private let subjects: LogoutSubjects
    private let sessions: any SessionStore
    private let vault: any ConnectionStore
    private let users: any UserStore
    private let replay: any ReplayStore
    private let revocations: ProviderRevocations
    private let revokingUpstreams: Set<String>
    private let failures: FailureLimit
    private let audit: AuditTrail

    /// The reason of a connection that a logout ended.
    static let reason = "logged_out_at_provider"

    /// The endpoint over the stores.
    package init(
        upstreams: UpstreamDirectory,
        subjects: LogoutSubjects,
        sessions: any SessionStore,
        vault: any ConnectionStore,
        users: any UserStore,
        replay: any ReplayStore,
        revocations: ProviderRevocations,
        revokingUpstreams: Set<String>,
        failures: FailureLimit,
        audit: AuditTrail
    ) {
        self.upstreams = upstreams
        self.subjects = subjects
        self.sessions = sessions
        self.vault = vault
        self.users = users
        self.replay = replay
        self.revocations = revocations
        self.revokingUpstreams = revokingUpstreams
        self.failures = failures
        self.audit = audit
    }

    package func respond(to request: Request, context: RequestContext) async -> Response {
        guard let provider = request.pathParameter.flatMap({ upstreams[$0] }) else {
            return .json(Array(#"{"error":"not_found"}"#.utf8), status: .notFound)
        }
        do throws(OAuthError) {
            let token = try await verified(try FormBody.parse(request).required("logout_token"), provider)
            // Looked up before the token counts as used, so that nothing waits between its consumption and its effect.
            let victims = try await OAuthError.attempt(await subjects.named(by: token, at: provider, now: context.now))
            try await end(victims, token, provider, context)
            // §2.8: 200, and it must not be cached.
            return Response(status: .ok, headerFields: [.cacheControl: "no-store"])
        } catch {
            return .error(await failures.throttling(error, context: context))
        }
    }

    // §2.6: every flaw has the same code and text, and ends nothing (D-96).
    private func verified(_ text: String, _ provider: UpstreamProvider) async throws(OAuthError) -> LogoutToken {
        do {
            return try await provider.verifyLogoutToken(text)
        } catch {
            if case .temporarilyUnavailable(let delay) = error.code {
                throw OAuthError(
                    .temporarilyUnavailable,
                    "the provider's keys cannot be fetched now",
                    retryAfter: delay
                )
            }
            throw .guess(.invalidRequest, "the logout token is invalid")
        }
    }

    private func end(
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
        return try await answering(await self.users.endLogins(of: userID)) { (_) throws(OAuthError) in
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

extension BackChannelLogoutEndpoint {
    var surfaces: [Surface] {
        [Surface(.post, "/oauth/backchannel-logout/{upstream}", name: "backchannel_logout", Self.operation)]
    }

    private static let operation = OpenAPIOperation(
        id: "backChannelLogout",
        summary: "Receives an identity provider's notice that a user signed out.",
        parameters: [.upstreamInPath],
        body: .form(required: ["logout_token"], optional: []),
        responses: [
            (200, .empty("The sessions that the token names have ended")), (400, .error("The token is refused")),
            (404, .error("The provider does not exist")), (429, OpenAPIOperation.throttled),
            (503, OpenAPIOperation.unavailable),
        ]
    )
}
