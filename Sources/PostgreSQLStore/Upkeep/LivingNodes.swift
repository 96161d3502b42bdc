import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Synchronization

/// The nodes that use the database: each notes every three seconds that it lives, and counts the others.
final class LivingNodes: Sendable {
    private struct State {
        var notedAt: Timestamp?
        /// What the count before the last one said.
        var previous = 1
    }

    private let database: any SQLDatabase
    private let id: [UInt8]
    private let state = Mutex(State())
    private let published = Atomic<Int>(1)

    /// How often a node notes that it lives.
    static let interval = Duration.seconds(3)
    /// For how long a note counts; clocks of nodes differ by some seconds at most.
    static let lifetime = Duration.seconds(15)
    /// How long the ids of nodes were before they had a mark.
    static let earlierIDLength = 16
    /// After how long the row of a node that was killed is dropped.
    private static let retention = Duration.seconds(3600)

    /// This process as a node.
    init(database: any SQLDatabase, random: any RandomSource) {
        self.database = database
        // The mark distinguishes it from nodes of versions that relied on triggers.
        id = [1] + random.bytes(Self.earlierIDLength)
    }

    /// How many there are, this one included.
    var count: Int { published.load(ordering: .relaxed) }

    /// Notes that this node lives, and counts the others, when it is time to.
    func noteIfDue(now: Timestamp) async throws(StoreError) {
        let isDue = state.withLock { state in
            guard let notedAt = state.notedAt, now >= notedAt else { return true }
            return now - notedAt >= Self.interval
        }
        guard isDue else { return }
        let rows = try await database.run(Self.note, [.bytes(id), .time(now), .time(now - Self.lifetime)])
        guard let row = rows.first else { throw .unavailable }
        adopt(Int(try row.integer(0)) + 1, now)
        // Apart from the note: two transactions that each hold one row and want the other's would wait for each other.
        _ = try await database.run(Self.removal, [.time(now - Self.retention)])
    }

    // The count falls only when two in a row say so: after an outage of the database all others look dead at first, and
    // this node must not allow the whole rate then.
    private func adopt(_ count: Int, _ now: Timestamp) {
        state.withLock { state in
            state.notedAt = now
            published.store(max(count, state.previous), ordering: .relaxed)
            state.previous = count
        }
    }

    /// Takes this node out of the count of the others; one that is killed is counted for some seconds longer.
    func leave() async throws(StoreError) {
        _ = try await database.run(Self.leaving, [.bytes(id)])
    }

    private static let note = SQLStatement(
        """
        WITH noted AS (
            INSERT INTO nodes (id, seen_at) VALUES ($1::bytea, $2::bigint)
            ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
        )
        SELECT count(*) FROM nodes WHERE seen_at > $3::bigint AND id <> $1::bytea
        """
    )
    private static let removal = SQLStatement("DELETE FROM nodes WHERE seen_at < $1")
    private static let leaving = SQLStatement("DELETE FROM nodes WHERE id = $1")
}
