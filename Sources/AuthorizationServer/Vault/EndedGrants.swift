package import OAuthProtocol
package import OAuthState
import UpstreamIdentity

/// VR-9: what the provider ended for good ends our grant too, once.
///
/// It ends at its next refresh: until then the user can mend the connection in place and keeps the session. A client
/// that went on refreshing would get tokens that open nothing, and never ask its user to log in again. Only a provider
/// that the login needs counts, and trouble that may pass never does.
package struct EndedGrants: Sendable {
    private let vault: any VaultStore
    private let sessions: any AuthorizationStore
    private let resources: ResourceCatalogue
    private let upstreams: UpstreamDirectory
    private let durability: Durability
    private let metrics: ServerMetrics
    private let audit: AuditTrail

    /// Grants over the given stores.
    package init(
        vault: any VaultStore,
        sessions: any AuthorizationStore,
        resources: ResourceCatalogue,
        upstreams: UpstreamDirectory,
        durability: Durability,
        metrics: ServerMetrics,
        audit: AuditTrail
    ) {
        self.vault = vault
        self.sessions = sessions
        self.resources = resources
        self.upstreams = upstreams
        self.durability = durability
        self.metrics = metrics
        self.audit = audit
    }

    /// Whether a provider that the session needs has ended its part.
    func haveEnded(_ session: Session) -> Bool {
        vault.endedUpstreams(among: session.connections).contains { isNeeded($0, by: session) }
    }

    /// Ends a session that its client wanted to refresh because a provider that it needs has ended its part.
    ///
    /// - Returns: The `invalid_grant` for the client, durable; `temporarily_unavailable` when the user has mended the
    ///   connection in the meantime.
    func end(_ session: Session, context: RequestContext) async throws(OAuthError) -> OAuthError {
        let ended = await vault.ended(among: session.connections)
        guard let cause = ended.first(where: { isNeeded($0.upstream, by: session) }) else { return .overloaded }
        let revoked = await sessions.revoke(session.id)
        try await durability.wait(for: revoked.position)
        if revoked.outcome != nil {
            metrics.sessionEnded(by: cause.upstream)
            audit.record(.endedWithUpstream(session, cause), context: context)
        }
        return OAuthError(.invalidGrant, "the identity provider ended the user's grant; the user must log in again")
    }

    private func isNeeded(_ upstream: String, by session: Session) -> Bool {
        guard let provider = upstreams[upstream], !provider.isOptional,
            let resource = resources.registered(session.resource)
        else { return false }
        return upstreams.loginChain(for: resource).contains { $0.hasSameBytes(as: upstream) }
    }
}
