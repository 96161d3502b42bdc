import OAuthProtocol
import OAuthState
import UpstreamIdentity

/// UP-4, D-64: whether accounts that logged in earlier meet the `required_claims` of today.
///
/// A login checks them (see ``UpstreamProvider``), and `allow`. Without this, an operator who requires another claim
/// would wait for the end of every session, and an account that a later login finds connected would never be checked.
struct AccountAdmission: Sendable {
    let connections: any ConnectionStore
    let sessions: any SessionStore
    let upstreams: UpstreamDirectory
    let sealing: TokenSealing
    let rules: AccessRules

    /// The reason that the audit trail gives for the end of a session whose account is no longer accepted.
    static let reason = UpstreamFailureReason.accountNotAllowed.rawValue

    /// Whether a connection's account may still use this server.
    func admits(_ connection: Connection, at provider: UpstreamProvider) -> Bool {
        guard provider.requiresClaims else { return true }
        return provider.stillAdmits(
            met: connection.acceptedClaims.map {
                UpstreamClaimRequirement(claim: $0.claim, acceptedValues: Set($0.values))
            },
            // What cannot be opened shows no claims.
            idToken: (try? sealing.idToken(of: connection)) ?? nil
        )
    }

    /// VR-8: whether the tokens are the present client's at the present server; a provider that cannot say so is
    /// visited.
    func uses(_ connection: Connection, of client: UpstreamClient, at provider: UpstreamProvider) async -> Bool {
        // As the comment above says, an unknown answer is no.
        (try? await sealing.areIssued(connection, to: client, provider)) ?? false
    }

    /// The connections of a session, and of the session that it ends with, whose account is no longer accepted.
    ///
    /// Costs nothing while no upstream requires claims.
    func refusedConnections(of session: Session, now: Timestamp) async throws(OAuthError) -> Set<ConnectionID> {
        guard requiresClaims else { return [] }
        var candidates = session.connections
        if let parent = session.agent?.parent {
            candidates += try await OAuthError.attempt(await sessions.session(parent, now: now))?.connections ?? []
        }
        var refused: Set<ConnectionID> = []
        for id in candidates {
            guard let connection = try await OAuthError.attempt(await connections.connection(id)),
                let provider = upstreams[connection.upstream], !admits(connection, at: provider)
            else { continue }
            refused.insert(id)
        }
        return refused
    }

    /// The same of the session with this id; none if it has ended.
    func refusedConnections(ofSession id: SessionID, now: Timestamp) async throws(OAuthError) -> Set<ConnectionID> {
        guard requiresClaims, let session = try await OAuthError.attempt(await sessions.session(id, now: now)) else {
            return []
        }
        return try await refusedConnections(of: session, now: now)
    }

    /// Whether any upstream requires claims.
    var requiresClaims: Bool {
        upstreams.names.contains { upstreams[$0]?.requiresClaims ?? false }
    }
}
