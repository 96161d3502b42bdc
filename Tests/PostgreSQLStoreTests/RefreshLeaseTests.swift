import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import PostgreSQLTesting
import Synchronization
import Testing

@testable import PostgreSQLStore

@Suite("VR-6: the refresh of upstream tokens over two nodes")
struct RefreshLeaseTests {
    private let one = LeaseHolder(random: SeededRandomSource(seed: 1))
    private let other = LeaseHolder(random: SeededRandomSource(seed: 2))
    private let now = StoreSample.now

    private func refresh(_ connection: Connection, _ token: String = "access 2") -> ConnectionRefresh {
        ConnectionRefresh(
            id: connection.id,
            version: connection.version,
            tokens: StoreSample.tokens(token, refresh: "refresh 2"),
            scopes: ScopeSet(["gist"]),
            accessTokenExpiry: nil
        )
    }

    @Test("one node refreshes; the other waits until the lease ends by itself, and no longer")
    func lease() async throws {
        let nodes = try await TwoNodes()
        let user = try await nodes.first.vault.madeUser()
        let connection = try await nodes.first.vault.connected(StoreSample.draft(user))
        func begin(_ vault: any VaultStore, _ holder: LeaseHolder, at moment: Timestamp) async throws -> RefreshLease {
            try await vault.beginRefresh(connection.id, version: connection.version, by: holder, now: moment).outcome
        }
        #expect(try await begin(nodes.first.vault, one, at: now) == .granted(connection))
        let end = now + RefreshLease.lifetime
        #expect(try await begin(nodes.second.vault, other, at: now + .seconds(59)) == .held(until: end))
        #expect(try await begin(nodes.first.vault, one, at: now) == .granted(connection))
        #expect(try await begin(nodes.second.vault, other, at: end) == .granted(connection))
        #expect(try await begin(nodes.first.vault, one, at: end) == .held(until: end + RefreshLease.lifetime))
        // A holder that is late ends no lease but its own.
        await nodes.first.vault.endRefresh(connection.id, by: one)
        #expect(try await begin(nodes.first.vault, one, at: end) == .held(until: end + RefreshLease.lifetime))
        await nodes.second.vault.endRefresh(connection.id, by: other)
        #expect(try await begin(nodes.first.vault, one, at: end) == .granted(connection))
    }

    @Test("of 100 who begin at once on two nodes one is granted")
    func race() async throws {
        let nodes = try await TwoNodes()
        let user = try await nodes.first.vault.madeUser()
        let connection = try await nodes.first.vault.connected(StoreSample.draft(user))
        let now = now
        let granted = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in UInt64(0)..<100 {
                let vault = number.isMultiple(of: 2) ? nodes.first.vault : nodes.second.vault
                group.addTask {
                    let holder = LeaseHolder(random: SeededRandomSource(seed: 100 + number))
                    let lease = try await vault.beginRefresh(
                        connection.id,
                        version: connection.version,
                        by: holder,
                        now: now
                    ).outcome
                    return lease == .granted(connection)
                }
            }
            var count = 0
            for try await isGranted in group where isGranted { count += 1 }
            return count
        }
        #expect(granted == 1)
    }

    @Test("tokens that are stored end the lease, and a refresh that was overtaken ends its own")
    func leaseEndsWithTheRefresh() async throws {
        let nodes = try await TwoNodes()
        let user = try await nodes.first.vault.madeUser()
        let first = try await nodes.first.vault.connected(StoreSample.draft(user))
        let began = try await nodes.first.vault.beginRefresh(first.id, version: first.version, by: one, now: now)
        #expect(try await began.outcome == .granted(first))
        let stored = try await nodes.first.vault.replace(refresh(first), now: now).outcome
        guard case .stored(let second) = stored else { throw Unexpected(description: "came to \(stored)") }
        #expect(second.scopes == ScopeSet(["gist"]))
        #expect(second.tokens.refreshToken == Array("refresh 2".utf8))
        let late = try await nodes.second.vault.beginRefresh(first.id, version: first.version, by: other, now: now)
        #expect(try await late.outcome == .superseded(second))
        let next = try await nodes.second.vault.beginRefresh(second.id, version: second.version, by: other, now: now)
        #expect(try await next.outcome == .granted(second))
        // A login overtakes the refresh: the lease stays until the refresh ends, because both may use one token.
        let third = try await nodes.first.vault.connected(StoreSample.draft(user, tokens: StoreSample.tokens("new")))
        let held = try await nodes.first.vault.beginRefresh(third.id, version: third.version, by: one, now: now)
        #expect(try await held.outcome == .held(until: now + RefreshLease.lifetime))
        let overtaken = try await nodes.second.vault.replace(refresh(second), now: now).outcome
        #expect(overtaken == .superseded(third))
        let free = try await nodes.first.vault.beginRefresh(third.id, version: third.version, by: one, now: now)
        #expect(try await free.outcome == .granted(third))
    }

    @Test("VR-4: tokens that the database did not take are stored before the old ones are used again")
    func unfinished() async throws {
        let nodes = try await TwoNodes()
        let failing = FailingDatabase(nodes.database.database)
        let vault = PostgreSQLVault(try failing.place())
        let user = try await vault.madeUser()
        let connection = try await vault.connected(StoreSample.draft(user))
        let began = try await vault.beginRefresh(connection.id, version: connection.version, by: one, now: now)
        #expect(try await began.outcome == .granted(connection))
        failing.fails = true
        await #expect(throws: StoreError.unavailable) { try await vault.replace(refresh(connection), now: now) }
        failing.fails = false
        // The lease is not given up, so the other node does not redeem the token that was redeemed.
        await vault.endRefresh(connection.id, by: one)
        let elsewhere = try await nodes.second.vault.beginRefresh(
            connection.id,
            version: connection.version,
            by: other,
            now: now
        ).outcome
        #expect(elsewhere == .held(until: now + RefreshLease.lifetime))
        let again = try await vault.beginRefresh(connection.id, version: connection.version, by: one, now: now).outcome
        let kept = try #require(try await nodes.second.vault.connection(connection.id))
        #expect(again == .superseded(kept))
        #expect(kept.tokens == StoreSample.tokens("access 2", refresh: "refresh 2", id: "id 1"))
    }

    @Test("upkeep stores tokens that the database did not take")
    func unfinishedInUpkeep() async throws {
        let nodes = try await TwoNodes()
        let failing = FailingDatabase(nodes.database.database)
        let vault = PostgreSQLVault(try failing.place())
        let user = try await vault.madeUser()
        let connection = try await vault.connected(StoreSample.draft(user))
        failing.fails = true
        await #expect(throws: StoreError.unavailable) { try await vault.replace(refresh(connection), now: now) }
        await vault.sweep(now: now, limit: 10)
        failing.fails = false
        await vault.sweep(now: now, limit: 10)
        let kept = try await nodes.second.vault.connection(connection.id)
        #expect(kept?.tokens.accessToken == Array("access 2".utf8))
        #expect(kept?.refreshedAt == now)
    }
}

/// A database that can be made to fail before it changes anything, and counts what it is asked.
final class FailingDatabase: SQLDatabase {
    private let database: any SQLDatabase
    private let state = Mutex((fails: false, runCount: 0))

    init(_ database: any SQLDatabase) {
        self.database = database
    }

    /// Whether everything fails.
    var fails: Bool {
        get { state.withLock { $0.fails } }
        set { state.withLock { $0.fails = newValue } }
    }

    /// How many transactions there were.
    var runCount: Int { state.withLock { $0.runCount } }

    func run(_ calls: [SQLCall]) async throws(StoreError) -> [[SQLRow]] {
        let fails = state.withLock { state in
            state.runCount += 1
            return state.fails
        }
        guard !fails else { throw .unavailable }
        return try await database.run(calls)
    }

    /// Stores over this database, under the key of the tests' storage.
    func place(_ settings: StoreSettings = StoreSettings()) throws -> StorePlace {
        let seal = try RowSeal(key: try TestStorage.key(), random: SystemRandomSource())
        return StorePlace(
            database: self,
            opener: RowOpener(seal: seal, logger: .silent),
            settings: settings
        )
    }
}
