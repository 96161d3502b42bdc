import OAuthProtocol
import OAuthState
import Synchronization

/// Notices connections whose refresh token a provider refuses again and again, in words that mean nothing to us, while
/// it serves other connections: the grant is dead, although the provider does not say so (VR-9).
///
/// Without this, such a connection would fail for ever, and its user would never be asked to connect again. A single
/// refusal proves nothing, because firewalls and misconfigured servers send 4xx too; a provider that refuses everybody
/// refuses this server (VR-10). Counts are lost at a restart, and begin again.
final class RepeatedRefusals: Sendable {
    /// How many refusals show that the grant is dead.
    static let countMin = 3
    /// The shortest time between the first and the last of them.
    static let period: Duration = .seconds(600)
    /// After this time without another refusal the count begins again.
    static let memory: Duration = .seconds(86_400)
    /// The most connections that are counted; beyond it those with the oldest refusals are forgotten.
    let connectionCountMax: Int

    private struct Count {
        var version: UInt32
        var count: Int
        var firstAt: Timestamp
        var lastAt: Timestamp
    }

    private let counts = Mutex<[ConnectionID: Count]>([:])

    init(connectionCountMax: Int = 10_000) {
        self.connectionCountMax = connectionCountMax
    }

    /// Counts a definite refusal of a connection's refresh token.
    ///
    /// - Parameters:
    ///   - connection: The connection; a change of its tokens begins another count.
    ///   - servedAt: When the provider last redeemed anything. It was not this connection's token, whose version would
    ///     have changed.
    ///   - now: The time of the refusal.
    /// - Returns: Whether the refusals show that the grant is dead.
    func note(_ connection: Connection, servedAt: Timestamp?, now: Timestamp) -> Bool {
        counts.withLock { counts in
            var count = Count(version: connection.version, count: 0, firstAt: now, lastAt: now)
            // A clock that is set back begins another count.
            if let held = counts[connection.id], held.version == connection.version, held.lastAt <= now,
                now - held.lastAt < Self.memory
            {
                count = held
            }
            count.count += 1
            count.lastAt = now
            let isRepeated = count.count >= Self.countMin && now - count.firstAt >= Self.period
            if isRepeated, let servedAt, servedAt >= count.firstAt {
                counts[connection.id] = nil
                return true
            }
            if counts[connection.id] == nil, counts.count >= connectionCountMax { Self.makeRoom(in: &counts, now: now) }
            counts[connection.id] = count
            return false
        }
    }

    /// How many connections are counted.
    var connectionCount: Int { counts.withLock(\.count) }

    // An eighth at once, so that the search for the oldest is rare.
    private static func makeRoom(in counts: inout [ConnectionID: Count], now: Timestamp) {
        let oldest = counts.sorted { $0.value.lastAt < $1.value.lastAt }.prefix(counts.count / 8 + 1)
        for (id, _) in oldest { counts[id] = nil }
    }
}
