package import OAuthProtocol
package import OAuthState
package import OpenSSLCrypto
import Synchronization

/// RFC 7523 §3: consumed ids of assertions and proofs, in PostgreSQL: consumed once over all nodes.
package struct PostgreSQLReplay: ReplayStore {
    private let place: StorePlace
    private let table = RowBudget()
    private let selfRegistered = RowBudget()
    private let owners = OwnerBudgets()

    /// The store in a database that has the present schema.
    package init(_ place: StorePlace) {
        self.place = place
    }

    var database: any SQLDatabase { place.database }

    private static func rows(where condition: String) -> String {
        RowCount.expression(of: "consumed_assertions", where: condition, key: "id", window: 10)
    }

    // Only ids that have not expired count, so that room comes back at once. An expired id that is still there is a
    // replay nevertheless: the clocks of two nodes may differ.
    private static let use = SQLStatement(
        """
        WITH counted AS (
            SELECT \(rows(where: "expiry > $5")) AS ids,
                (SELECT count(*) FROM consumed_assertions WHERE owner_id = $2 AND expiry > $5) AS owned,
                CASE WHEN $3::boolean THEN
                    \(rows(where: "is_self_registered AND expiry > $5"))
                ELSE 0 END AS self_registered
            WHERE $6::boolean
        ),
        consumed AS (
            INSERT INTO consumed_assertions (id, owner_id, is_self_registered, expiry)
            SELECT $1, $2, $3, $4
            WHERE NOT $12::boolean AND NOT EXISTS (
                SELECT 1 FROM counted WHERE ids >= $7 OR owned >= $8 OR ($3 AND self_registered >= $9)
            )
            ON CONFLICT (id) DO NOTHING
            RETURNING id
        )
        SELECT EXISTS (SELECT 1 FROM consumed), EXISTS (SELECT 1 FROM consumed_assertions WHERE id = $1),
            $12::boolean OR EXISTS (
                SELECT 1 FROM counted WHERE ids >= $7 OR owned >= $8 OR ($3 AND self_registered >= $9)
            ),
            (SELECT ids FROM counted), (SELECT owned FROM counted), (SELECT self_registered FROM counted)
        """
    )

    package func consume(
        _ id: SHA256Digest,
        of owner: AssertionOwner,
        expiry: Timestamp,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<AssertionConsumption> {
        let room = Room(place.limits, of: owner)
        let isFull = budgets(of: owner).contains { $0.isFull(at: now) }
        let counts = !isFull && !budgets(of: owner).allSatisfy { $0.take() }
        let parameters: [SQLValue] =
            [
                .digest(id), .digest(owner.id), .boolean(owner.isSelfRegistered), .time(expiry), .time(now),
                .boolean(counts), .integer(room.all), .integer(room.owned), .integer(room.selfRegistered),
            ] + RowCount.window(now.secondsSinceEpoch) + [.boolean(isFull)]
        guard let row = try await database.run(Self.use, parameters).first else { throw .unavailable }
        let wasConsumed = try row.boolean(0)
        try learn(row, room, of: owner, hasOneMore: wasConsumed, now: now)
        guard wasConsumed else {
            // A use that lost a race with another one of the same id is a replay as well.
            let (isKnown, isFull) = (try row.boolean(1), try row.boolean(2))
            return Receipt(isFull && !isKnown ? .full : .replayed)
        }
        return Receipt(.consumed, reversal: { await self.release(id, of: owner) })
    }

    /// The budgets of an owner's ids: of the table, of the owner, and of all clients that registered themselves.
    private func budgets(of owner: AssertionOwner) -> [RowBudget] {
        [table, owners[owner.id]] + (owner.isSelfRegistered ? [selfRegistered] : [])
    }

    private func learn(
        _ row: SQLRow,
        _ room: Room,
        of owner: AssertionOwner,
        hasOneMore: Bool,
        now: Timestamp
    ) throws(StoreError) {
        guard try !row.isNull(3) else { return }
        let free = [
            room.all - (try row.integer(3)), room.owned - (try row.integer(4)),
            room.selfRegistered - (try row.integer(5)),
        ]
        for (budget, free) in zip(budgets(of: owner), free) {
            if free <= 0 { budget.learnFull(at: now) }
            budget.learn(free: hasOneMore ? free - 1 : free)
        }
    }

    // D-80: a client that registers itself and signs assertions in a loop must not lock out the operator's own clients,
    // nor must a thousand of them.
    private struct Room {
        let all: Int64
        let owned: Int64
        let selfRegistered: Int64

        init(_ limits: StoreLimits, of owner: AssertionOwner) {
            all = Int64(limits.consumedAssertionsMax)
            owned = Int64(
                owner.isSelfRegistered
                    ? limits.consumedAssertionsPerSelfRegisteredMax : limits.consumedAssertionsPerOwnerMax
            )
            selfRegistered = Int64(limits.consumedAssertionsOfSelfRegisteredMax)
        }
    }

    private static let unuse = SQLStatement("DELETE FROM consumed_assertions WHERE id = $1 AND owner_id = $2")

    private func release(_ id: SHA256Digest, of owner: AssertionOwner) async {
        // Where the database is not reached the id stays consumed; the client needs another assertion.
        _ = try? await database.run(Self.unuse, [.digest(id), .digest(owner.id)])
        for budget in budgets(of: owner) { budget.forgetFull() }
    }

    private static let dropExpired = SQLStatement(
        """
        DELETE FROM consumed_assertions WHERE id = ANY(ARRAY(
            SELECT id FROM consumed_assertions WHERE expiry <= $1 ORDER BY expiry LIMIT $2
            FOR UPDATE SKIP LOCKED
        ))
        """
    )

    /// Drops up to `limit` ids that expired more than a minute ago, by which the clocks of nodes may differ.
    package func sweep(now: Timestamp, limit: Int) async {
        // Nothing depends on it; the next sweep drops them.
        _ = try? await database.run(Self.dropExpired, [.time(now - .seconds(60)), .integer(Int64(limit))])
    }

    private static let countRows = SQLStatement(
        "SELECT \(RowCount.expression(of: "consumed_assertions", key: "id", window: 1))"
    )

    /// The number of ids; above some thousands an estimate.
    package func count() async throws(StoreError) -> Int {
        guard let row = try await database.run(Self.countRows, RowCount.window()).first else { throw .unavailable }
        return Int(try row.integer(0))
    }
}

/// The budgets of the owners of assertions.
private final class OwnerBudgets: Sendable {
    private let budgets = Mutex<[SHA256Digest: RowBudget]>([:])

    /// The most owners whose budgets are remembered; the assertions of others are counted each time.
    private static let countMax = 10_000

    subscript(owner: SHA256Digest) -> RowBudget {
        budgets.withLock { budgets in
            if let budget = budgets[owner] { return budget }
            if budgets.count >= Self.countMax { budgets.removeAll() }
            let budget = RowBudget()
            budgets[owner] = budget
            return budget
        }
    }
}
