/// What must hold outside a session so that it may go on: data that any store can check in the turn of the refresh.
package struct RefreshConditions: Hashable, Sendable {
    /// For each registered resource, in its registered spelling, the upstreams that its sessions cannot do without.
    ///
    /// A session whose resource is absent is withheld and keeps its refresh token (RI-1). A session whose connection at one
    /// of these upstreams was ended by the provider ends at this refresh, because its client would otherwise refresh tokens
    /// that open nothing and never ask the user to log in again (cloudflare/mcp #137).
    package var neededUpstreams: [String: Set<String>]

    /// Conditions by resource.
    package init(neededUpstreams: [String: Set<String>]) {
        self.neededUpstreams = neededUpstreams
    }
}
