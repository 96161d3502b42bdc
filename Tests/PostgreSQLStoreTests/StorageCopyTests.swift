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

    private func memory() -> MemoryStores { MemoryStores(StoreSettings(), journal: VolatileJournal()) }

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

    /// Rows of every kind.
    private func fill(_ stores: Stores) async throws {
        let user = try await stores.vault.madeUser()
        var draft = StoreSample.draft(user, accessTokenExpiry: Self.now + .seconds(3600))
        draft.acceptedClaims = [AcceptedClaim(claim: "groups", values: ["staff"])]
        draft.providerSession = ProviderSession(id: "sid", sessionID: SessionID(value: 1))
        let connection = try await stores.vault.connected(draft)
        #expect(try await stores.vault.useByDefault(connection.id, of: user).outcome)
        _ = try await stores.vault.connected(StoreSample.draft(user, upstream: "corp", account: "7"), candidate: 2)
        _ = try await stores.vault.keep(StoreSample.registration(sealed: "of ours")).outcome
        for id in ["dcr_sample", "dcr_other"] {
            _ = try await stores.clients.replace(StoreSample.client(id, kind: .metadataDocument)).outcome
        }
        try await fillSessions(stores.sessions)
        let assertion = StoreSample.digest("assertion")
        let end = Self.now + .seconds(600)
        _ = try await stores.replay.consume(assertion, of: StoreSample.assertionOwner, expiry: end, now: Self.now)
            .outcome
        _ = try await stores.keys.serverSecret(candidate: [1, 2, 3]).outcome
        for secret in [[UInt8(4)], [5]] { _ = try await stores.keys.addVaultKey(secret, now: Self.now).outcome }
        for state in [StoredSigningKey.State.active, .next, .active] {
            _ = try await stores.keys.install(try StoreSample.signingKey(state), now: Self.now).outcome
        }
        let streams = try #require(stores.signals).streams
        let stream = EventStream(id: EventStreamID(value: 5), clientID: "mcp-server", usedAt: Self.now)
        _ = try await streams.add(stream, now: Self.now).outcome
        let blocks = try #require(stores.administration).blocks
        _ = try await blocks.block(.redirectHost("bad.example"), now: Self.now).outcome
    }

    private func agent(of parent: Session) -> Session {
        Session(
            id: SessionID(value: 100),
            userID: parent.userID,
            clientID: "agent_100",
            scopes: ScopeSet(["mcp:read"]),
            resource: StoreSample.resource,
            connections: [],
            authenticatedAt: Self.now,
            absoluteExpiry: Self.now + .seconds(86_400),
            idleExpiry: Self.now + .seconds(86_400),
            generation: 0,
            rotatedAt: Self.now,
            claims: [],
            isFederated: false,
            agent: AgentGrant(
                name: "an agent",
                tokenHash: StoreSample.digest("agent token"),
                parent: parent.id,
                maker: StoreSample.clientID,
                createdAt: Self.now
            )
        )
    }

    private func fillSessions(_ store: any AuthorizationStore) async throws {
        let session = try await store.opened(StoreSample.grant(1))
        var use = StoreSample.use(generation: 1)
        use.origin = RefreshOrigin(network: SourceNetwork(number: .max), agent: 3)
        _ = try await store.rotate(
            use,
            under: RefreshConditions(neededUpstreams: [StoreSample.resource: []]),
            now: Self.now + .seconds(1)
        ).outcome
        #expect(try await store.startAgent(agent(of: session), now: Self.now).outcome == .admitted)
        _ = try await store.rememberConsent(StoreSample.consent("consent")).outcome
        for (name, id) in [("own", nil), ("of the session", session.id)] as [(String, SessionID?)] {
            _ = try await store.revokeAccessToken(
                AccessTokenReference(tokenID: name, sessionID: id),
                expiry: Self.now + .seconds(60),
                now: Self.now
            ).outcome
        }
    }

    @Test("every row of a node's memory comes back from the database as it was, also after a second copy")
    func thereAndBack() async throws {
        let (source, target) = (memory(), memory())
        try await fill(source.stores)
        let database = try await TestDatabase()
        try await copy(database) { try await $0.write(source, now: Self.now) }
        try await copy(database) { try await $0.read(into: target, now: Self.now) }
        let (sent, arrived) = (try await rows(source), try await rows(target))
        #expect(sent.values.allSatisfy { !$0.isEmpty } && sent.count == 7)
        for (id, records) in sent { #expect(arrived[id] == records, "section \(id)") }
        let ring = (await source.keys.generation(), await target.keys.generation())
        #expect(ring.0.signingKeys.map(\.key.keyID) == ring.1.signingKeys.map(\.key.keyID))
    }

    @Test("the database goes on where the memory was")
    func continuation() async throws {
        let source = memory()
        try await fill(source.stores)
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
    }

    @Test("a receiver goes on with the numbers of endings that it knows, and learns that it missed what was not copied")
    func endings() async throws {
        var settings = StoreSettings()
        settings.recordsEndings = true
        let source = MemoryStores(settings, journal: VolatileJournal())
        let session = try await source.stores.sessions.opened(StoreSample.grant(1))
        _ = try await source.stores.sessions.end(SessionEnding(sessions: [session.id])).outcome
        let own = try #require(source.stores.signals).endings
        let last = try await own.lastEnding()
        #expect(last == 1)
        let database = try await TestDatabase()
        try await copy(database) { try await $0.write(source, now: Self.now) }
        let node = try await TestStorage.open(database.settings, settings)
        let copied = try #require(node.stores.signals).endings
        try await expectLoss(of: last, in: copied)
        try await node.close()
        let target = MemoryStores(settings, journal: VolatileJournal())
        try await copy(database) { try await $0.read(into: target, now: Self.now) }
        let returned = try #require(target.stores.signals).endings
        try await expectLoss(of: last, in: returned)
    }

    private func expectLoss(of last: UInt64, in endings: any EndingStore) async throws {
        #expect(try await endings.lastEnding() == last)
        let behind = try await endings.endings(after: last - 1, limit: 10).outcome
        #expect(behind.loss?.sequence == last && behind.endings.isEmpty)
        let current = try await endings.endings(after: last, limit: 10).outcome
        #expect(current.loss == nil && current.reached == last)
    }

    @Test("a database that has a state is not written, and one that a node uses is neither written nor read")
    func refusals() async throws {
        let source = memory()
        try await fill(source.stores)
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
        try await fill(source.stores)
        let database = try await TestDatabase()
        try await copy(database) { _ in }
        try await CopyMark.begin(database.database, now: Self.now)
        _ = try await database.run("INSERT INTO server_secret (id, body) VALUES (1, ''::bytea)")
        await #expect(throws: StorageCopyError.unfinished) { try await TestStorage.open(database.settings) }
        await #expect(throws: StorageCopyError.unfinished) {
            try await copy(database) { try await $0.read(into: memory(), now: Self.now) }
        }
        try await copy(database) { try await $0.write(source, now: Self.now) }
        let node = try await TestStorage.open(database.settings)
        #expect(try await node.stores.keys.serverSecret(candidate: [9]).outcome == [1, 2, 3])
        try await node.close()
    }
}
