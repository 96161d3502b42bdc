package import OAuthProtocol

/// Maintenance of stores, and the figures for readiness and metrics.
package protocol StoreUpkeep: Sendable {
    /// Whether changes are taken now; while not, changes are refused before they are made and readiness fails.
    var isAvailable: Bool { get }
    /// What the readiness check reports while changes are not taken.
    var unavailability: String { get }
    /// How many nodes use the stores now, this one included; each allows its part of every rate.
    var nodeCount: Int { get }
    /// Drops expired rows, at most `limit` of each table.
    func sweep(now: Timestamp, limit: Int) async
    /// The sizes of the tables.
    func counts() async throws(StoreError) -> StoreCounts
}

extension StoreUpkeep {
    /// The journal's disk is what a single node waits for.
    package var unavailability: String { "journal_unavailable" }
    /// A single node.
    package var nodeCount: Int { 1 }
}

/// How many rows each bounded table has.
package struct StoreCounts: Hashable, Sendable {
    package var pendingAuthorizations = 0
    package var authorizationCodes = 0
    package var sessions = 0
    package var consents = 0
    package var revokedAccessTokens = 0
    package var users = 0
    package var connections = 0
    package var clients = 0
    package var consumedAssertions = 0
    package var deviceAuthorizations = 0
    package var endings = 0
    package var eventStreams = 0

    /// Empty tables.
    package init() {}
}
