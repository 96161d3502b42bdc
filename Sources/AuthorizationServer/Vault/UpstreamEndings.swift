import OAuthProtocol
package import OAuthState
import UpstreamIdentity

/// A provider that ended its grant for good ends the sessions that need it, each at its next refresh (VR-9); so does an
/// account that the operator no longer accepts (UP-4).
///
/// Until then the user can connect again in place and keeps the session. A client that continued to refresh would get
/// tokens that give access to nothing, and never ask its user to log in again. Only a provider that the login needs
/// counts, and temporary failures never do.
package struct UpstreamEndings: Sendable {
    private let connections: any ConnectionStore
    private let metrics: ServerMetrics

    /// Endings over the vault.
    package init(connections: any ConnectionStore, metrics: ServerMetrics) {
        self.connections = connections
        self.metrics = metrics
    }

    /// Counts the end of a session, and returns its audit event.
    ///
    /// `refused` are the connections whose account is no longer accepted here, which the provider has not ended.
    func note(
        _ session: Session,
        endedBy id: ConnectionID,
        refused: Set<ConnectionID>
    ) async throws(OAuthError) -> AuditEvent? {
        guard var cause = try await OAuthError.attempt(await connections.connection(id)) else { return nil }
        metrics.sessionEnded(by: cause.upstream)
        if refused.contains(id) { cause.reason = AccountAdmission.reason }
        return .endedWithUpstream(session, cause)
    }

    /// RFC 6749 §5.2: the client's error when a session has ended because of a connection.
    static func error(_ id: ConnectionID, refused: Set<ConnectionID>, _ consequence: String) -> OAuthError {
        let cause =
            refused.contains(id)
            ? "the user's account is no longer accepted here" : "the identity provider ended the user's grant"
        return OAuthError(.invalidGrant, cause + "; " + consequence)
    }
}

extension UpstreamDirectory {
    /// The providers that sessions of each registered resource need: every one that its login requires.
    func refreshConditions(for resources: ResourceCatalogue) -> RefreshConditions {
        func needed(_ resource: ProtectedResource) -> Set<String> {
            Set(
                loginChain(for: resource).filter {
                    self[$0] != nil && need(of: $0, for: resource) == .required
                }
            )
        }
        var conditions = RefreshConditions(
            neededUpstreams: Dictionary(
                resources.resources.filter { $0.pattern == nil }.map { ($0.uri, needed($0)) },
                uniquingKeysWith: { first, _ in first }
            )
        )
        conditions.fleets = resources.resources.compactMap { resource in
            resource.pattern.map { .init(pattern: $0, upstreams: needed(resource)) }
        }
        return conditions
    }
}
