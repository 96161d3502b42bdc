import AuthorizationServer
import BenchmarkSupport
import DurableLog
import Foundation
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration

/// Sessions with their users, identities and connections: the cost of a look-up and a refresh, and the memory of each.
enum SessionScale {
    /// The size of a session's two upstream tokens, as the provider made them.
    private static let tokenByteCount = 128

    static func measure(upTo largest: Int, into report: inout ScaleReport, duration: Duration) async throws {
        let stores = MemoryStores(StoreSettings(), journal: VolatileJournal())
        let sealing = try TokenSealing(secret: SystemRandomSource().bytes(32), random: SystemRandomSource())
        var present = 0
        for count in OperationCost.counts(from: 1000, upTo: largest) {
            let before = try ProcessUsage.current(of: getpid()).residentBytes
            try await Population.fill(stores, Population.Part(present..<count), sealing: sealing)
            let grown = try ProcessUsage.current(of: getpid()).residentBytes - before
            let bytes = Double(grown) / Double(count - present) - Double(tokenByteCount)
            present = count
            try await measure(stores, count, into: &report, duration: duration)
            // Only the largest step is exact: a small one disappears among pages that were allocated before.
            if count == largest {
                report.add("session_bytes", "memory of a session beyond its upstream tokens", bytes, "bytes")
            }
        }
    }

    private static func measure(
        _ stores: MemoryStores,
        _ count: Int,
        into report: inout ScaleReport,
        duration: Duration
    ) async throws {
        let now = Population.now
        // A step that visits all of them in an order that defeats caches.
        func index(_ number: Int) -> Int { number &* 7_368_787 % count }
        let lookup = try await OperationCost.nanoseconds(for: duration) { number in
            guard await stores.sessions.session(Population.sessionID(index(number)), now: now) != nil else {
                throw BenchmarkError("a session is missing")
            }
        }
        report.add("session_lookup", "look up a session", count: count, lookup)
        let refresh = try await OperationCost.nanoseconds(for: duration) { number in
            // Without rotation, so that each session can be refreshed any number of times.
            let use = RefreshTokenUse(
                family: Population.sessionID(index(number)),
                generation: 1,
                clientID: Population.clientID,
                rotates: false
            )
            guard case .rotated = try await stores.sessions.rotate(use, under: Population.conditions, now: now).outcome
            else {
                throw BenchmarkError("a refresh was refused")
            }
        }
        report.add("session_refresh", "refresh a session", count: count, refresh)
        let users = await Self.owners(stores, count)
        let vault = try await OperationCost.nanoseconds(for: duration) { number in
            let (user, connections) = users[number % users.count]
            let found = await stores.vault.credential(
                for: user,
                upstream: Population.upstream,
                preferred: connections,
                account: nil
            )
            guard found != nil else { throw BenchmarkError("a connection is missing") }
        }
        report.add("vault_lookup", "find a connection", count: count, vault)
        try await LogoutScale.measure(stores, count, into: &report, duration: duration)
    }

    private static func owners(_ stores: MemoryStores, _ count: Int) async -> [(UserID, [ConnectionID])] {
        var owners: [(UserID, [ConnectionID])] = []
        for number in 0..<min(count, 20_000) {
            let id = Population.sessionID(number &* 7_368_787 % count)
            if let session = await stores.sessions.session(id, now: Population.now) {
                owners.append((session.userID, session.connections))
            }
        }
        return owners
    }
}
