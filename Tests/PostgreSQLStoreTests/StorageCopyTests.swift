import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import OpenSSLCrypto
import PostgreSQLTesting
import Testing

@testable import OAuthState
@testable import PostgreSQLStore

/// A whole state moves between a node's memory and the database, and nothing of it changes.
@Suite("Copies of a whole state")
struct StorageCopyTests {
    private static let now = StoreSample.now

    private func memory() -> MemoryStores { MemoryStores(FilledState.settings, journal: VolatileJournal()) }

    private func copy(_ database: TestDatabase, _ body: (StorageCopy) async throws -> Void) async throws {
        try await PostgreSQLStorage.withCopy(
            client: database.settings,
            key: TestStorage.key(),
            random: SystemRandomSource(),
            now: Self.now,
            logger: .silent,
            body
        )
    }

    /// Every row of the stores, as the snapshot has it.
    private func rows(_ memory: MemoryStores) async throws -> [UInt32: Set<[UInt8]>] {
        var rows: [UInt32: Set<[UInt8]>] = [:]
        for (id, store) in memory.sections {
            var records: Set<[UInt8]> = []
            try await store.capture().forEachRecord { records.insert($0) }
            rows[id] = records
        }
        return rows
    }

    @Test("every row of a node's memory comes back from the database as it was, also after a second copy")
    func thereAndBack() async throws {
        let (source, target) = (memory(), memory())
        try await FilledState.fill(source)
        let database = try await TestDatabase()
        try await copy(database) { try await $0.write(source, now: Self.now) }
        try await copy(database) { try await $0.read(into: target, now: Self.now) }
        let (sent, arrived) = (try await rows(source), try await rows(target))
        #expect(sent.values.allSatisfy { !$0.isEmpty } && sent.count == source.sections.count)
        for (id, records) in sent { #expect(arrived[id] == records, "section \(id)") }
        let ring = (await source.keys.generation(), await target.keys.generation())
        #expect(ring.0.signingKeys.map(\.key.keyID) == ring.1.signingKeys.map(\.key.keyID))
    }

    @Test("the database goes on where the memory was")
    func continuation() async throws {
        let source = memory()
        try await FilledState.fill(source)
        let database = try await TestDatabase()
        try await copy(database) { try await $0.write(source, now: Self.now) }
        let stores = try await TestStorage.open(database.settings).stores
        let conditions = RefreshConditions(neededUpstreams: [StoreSample.resource: []])
        let next = try await stores.sessions.rotate(
            StoreSample.use(generation: 2),
            under: conditions,
            now: Self.now + .seconds(2)
        ).outcome
        guard case .rotated(let session) = next else {
            Issue.record("the refresh of the copy came to \(next)")
            return
        }
        #expect(session.generation == 3)
        #expect(try await stores.keys.serverSecret(candidate: [9]).outcome == [1, 2, 3])
        #expect(try await stores.vault.madeUser(candidate: 9) == StoreSample.user(1))
        let used = try await stores.replay.consume(
            StoreSample.digest("assertion"),
            of: StoreSample.assertionOwner,
            expiry: Self.now + .seconds(600),
            now: Self.now
        ).outcome
        #expect(used != .consumed)
        let holder = LeaseHolder(random: SystemRandomSource())
        let pushed = try await #require(stores.signals).streams.takePushed(by: holder, now: Self.now, limit: 10)
        #expect(pushed.map(\.id) == [EventStreamID(value: 6)])
    }

    @Test("a receiver goes on where it was: what ended before the copy, with its number, and what ends after it")
    func endings() async throws {
        let source = memory()
        try await FilledState.fill(source)
        let sent = try await page(source.stores)
        #expect(sent.endings.count == 3)
        let database = try await TestDatabase()
        try await copy(database) { try await $0.write(source, now: Self.now) }
        let node = try await TestStorage.open(database.settings, FilledState.settings)
        #expect(try await page(node.stores) == sent)
        let next = SessionID(value: 1)
        #expect(try await node.stores.sessions.revoke(next).outcome?.id == next)
        let later = try await page(node.stores, after: sent.reached)
        #expect(later.endings.map(\.sequence).allSatisfy { $0 > sent.reached })
        #expect(later.endings.contains { $0.subject == .session(next, StoreSample.user(1)) })
        try await node.close()
        let target = memory()
        try await copy(database) { try await $0.read(into: target, now: Self.now) }
        let returned = try await page(target.stores)
        #expect(returned.endings == sent.endings + later.endings && returned.reached == later.reached)
    }

    @Test("a receiver that missed endings at the bound of the log learns of it after the copy, too")
    func loss() async throws {
        var settings = FilledState.settings
        settings.limits.endingsMax = 1
        let source = MemoryStores(settings, journal: VolatileJournal())
        try await FilledState.fill(source)
        let sent = try await page(source.stores)
        #expect(sent.loss != nil && sent.endings.count == 1)
        let database = try await TestDatabase()
        try await copy(database) { try await $0.write(source, now: Self.now) }
        let node = try await TestStorage.open(database.settings, settings)
        #expect(try await page(node.stores) == sent)
        try await node.close()
        let target = MemoryStores(settings, journal: VolatileJournal())
        try await copy(database) { try await $0.read(into: target, now: Self.now) }
        #expect(try await page(target.stores) == sent)
    }

    private func page(_ stores: Stores, after number: UInt64 = 0) async throws -> EndingPage {
        try await #require(stores.signals).endings.endings(after: number, limit: 10).outcome
    }

    @Test("a database that has a state is not written, and one that a node uses is neither written nor read")
    func refusals() async throws {
        let source = memory()
        try await FilledState.fill(source)
        let database = try await TestDatabase()
        let node = try await TestStorage.open(database.settings)
        await node.stores.upkeep.sweep(now: Self.now, limit: 1)
        await #expect(throws: StorageCopyError.inUse) {
            try await copy(database) { try await $0.write(source, now: Self.now) }
        }
        await #expect(throws: StorageCopyError.inUse) {
            try await copy(database) { try await $0.read(into: memory(), now: Self.now) }
        }
        _ = try await node.stores.keys.serverSecret(candidate: [7]).outcome
        try await node.close()
        await #expect(throws: StorageCopyError.notEmpty) {
            try await copy(database) { try await $0.write(source, now: Self.now) }
        }
    }

    @Test("no node starts on half a copy, which is not read either, and is finished by another try")
    func half() async throws {
        let source = memory()
        try await FilledState.fill(source)
        let database = try await TestDatabase()
        try await copy(database) { _ in }
        try await CopyMark.begin(database.database, now: Self.now)
        _ = try await database.run("INSERT INTO server_secret (id, body) VALUES (1, ''::bytea)")
        // What the interrupted copy has written, and the source has ended since.
        let left = "INSERT INTO blocks (key, body, since) VALUES ('left'::bytea, ''::bytea, 0)"
        _ = try await database.run(left)
        await #expect(throws: StorageCopyError.unfinished) { try await TestStorage.open(database.settings) }
        await #expect(throws: StorageCopyError.unfinished) {
            try await copy(database) { try await $0.read(into: memory(), now: Self.now) }
        }
        try await copy(database) { try await $0.write(source, now: Self.now) }
        #expect(try await database.run("SELECT 1::bigint FROM blocks WHERE key = 'left'::bytea").isEmpty)
        let node = try await TestStorage.open(database.settings)
        #expect(try await node.stores.keys.serverSecret(candidate: [9]).outcome == [1, 2, 3])
        try await node.close()
    }

    @Test("a database without a state is not read: it is hardly the one that was meant")
    func withoutState() async throws {
        let database = try await TestDatabase()
        try await copy(database) { _ in }
        await #expect(throws: StorageCopyError.empty) {
            try await copy(database) { try await $0.read(into: memory(), now: Self.now) }
        }
    }
}
