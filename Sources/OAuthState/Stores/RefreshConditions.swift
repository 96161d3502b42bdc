package import OAuthProtocol

/// The conditions outside a session under which it may continue: data that any store can check in the turn of the
/// refresh, or when its agent uses its token.
package struct RefreshConditions: Hashable, Sendable {
    /// For each registered resource, in its registered spelling, the upstreams that its sessions require.
    ///
    /// A session whose resource is absent is withheld and keeps its refresh token (RI-1). A session whose connection at
    /// one of these upstreams was ended by the provider ends at this refresh (VR-9): otherwise its client would refresh
    /// tokens that give access to nothing and never ask the user to log in again.
    package var neededUpstreams: [String: Set<String>]
    /// Connections whose account the operator no longer accepts: a session that has one of them ends at this refresh,
    /// as one whose provider ended the grant does, whether its resource needs the upstream or not (UP-4).
    ///
    /// Otherwise an operator who requires another claim would wait for the end of every session, up to 30 days.
    package var refusedConnections: Set<ConnectionID>

    /// The same for the members of fleets, in the order of the configuration.
    package var fleets: [Fleet] = []

    /// A fleet of resources, and the upstreams that the sessions of its members require.
    package struct Fleet: Hashable, Sendable {
        /// Which resources are its members.
        package var pattern: ResourcePattern
        /// The upstreams.
        package var upstreams: Set<String>

        /// A fleet.
        package init(pattern: ResourcePattern, upstreams: Set<String>) {
            self.pattern = pattern
            self.upstreams = upstreams
        }
    }

    /// The upstreams that a resource's sessions require; `nil` for a resource that is not registered.
    package func upstreams(neededBy resource: String) -> Set<String>? {
        neededUpstreams[resource] ?? fleets.first { $0.pattern.matches(resource) }?.upstreams
    }

    /// Conditions by resource.
    package init(neededUpstreams: [String: Set<String>], refusedConnections: Set<ConnectionID> = []) {
        self.neededUpstreams = neededUpstreams
        self.refusedConnections = refusedConnections
    }

    /// The first of a session's connections that is refused.
    func refusedConnection(of session: Session) -> ConnectionID? {
        refusedConnections.isEmpty ? nil : session.connections.first(where: refusedConnections.contains)
    }
}
