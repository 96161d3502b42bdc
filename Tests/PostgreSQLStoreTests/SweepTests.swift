import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import PostgreSQLTesting
import Testing

@testable import PostgreSQLStore

@Suite("ST-5: expiry and counts in the database")
struct SweepTests {
    private let now = StoreSample.now

    private func count(_ table: String, _ nodes: TwoNodes) async throws -> Int64 {
        let rows = try await nodes.database.run("SELECT count(*) FROM \(table)")
        return try #require(rows.first).integer(0)
    }

    @Test("sessions that ended are dropped in batches; those that were used since stay")
    func sessions() async throws {
        var settings = StoreSettings()
        settings.sessions.refreshTokenLifetime = .seconds(3600)
        let nodes = try await TwoNodes(settings)
        for number in UInt64(1)...5 { _ = try await nodes.first.sessions.opened(StoreSample.grant(number)) }
        let use = now + .seconds(1800)
        _ = try await nodes.first.sessions.rotate(StoreSample.use(3, generation: 1), now: use).outcome
        let end = now + .seconds(3600)
        await nodes.first.upkeep.sweep(now: end - .milliseconds(1), limit: 10)
        #expect(try await count("sessions", nodes) == 5)
        await nodes.first.upkeep.sweep(now: end, limit: 2)
        #expect(try await count("sessions", nodes) >= 3)
        for _ in 0..<3 { await nodes.second.upkeep.sweep(now: end, limit: 2) }
        #expect(try await count("sessions", nodes) == 1)
        #expect(try await nodes.first.sessions.session(SessionID(value: 3), now: end) != nil)
        await nodes.first.upkeep.sweep(now: use + .seconds(3600), limit: 2)
        #expect(try await count("sessions", nodes) == 0)
    }

    @Test("everything else that has expired is dropped, and nothing before its time")
    func others() async throws {
        let nodes = try await TwoNodes()
        let store = nodes.first.sessions
        let end = now + .seconds(600)
        _ = try await store.consumeOnce(StoreSample.digest("ticket"), until: end, now: now).outcome
        _ = try await store.begin(StoreSample.pending(), state: StoreSample.digest("state"), now: now).outcome
        _ = try await store.issueCode(StoreSample.digest("code"), for: StoreSample.grant(), now: now).outcome
        _ = try await store.rememberConsent(StoreSample.consent("consent")).outcome
        let token = AccessTokenReference(tokenID: "token", sessionID: nil)
        _ = try await store.revokeAccessToken(token, expiry: end, now: now).outcome
        let device = DeviceAuthorization(
            deviceCode: StoreSample.digest("device"),
            userCode: StoreSample.digest("user code"),
            clientID: StoreSample.clientID,
            scopes: StoreSample.scopes,
            resource: StoreSample.resource,
            expiry: end
        )
        _ = try await nodes.first.devices.begin(device, now: now).outcome
        let tables = ["used_tickets", "logins", "codes", "consents", "revoked_tokens", "devices"]
        await nodes.second.upkeep.sweep(now: now + .seconds(599), limit: 10)
        for table in tables { #expect(try await count(table, nodes) == 1, "\(table)") }
        let counts = try await nodes.second.upkeep.counts()
        #expect(counts.pendingAuthorizations == 1 && counts.authorizationCodes == 1 && counts.consents == 1)
        #expect(counts.revokedAccessTokens == 1 && counts.deviceAuthorizations == 1 && counts.sessions == 0)
        await nodes.second.upkeep.sweep(now: now + .seconds(91 * 86_400), limit: 10)
        for table in tables { #expect(try await count(table, nodes) == 0, "\(table)") }
    }

    @Test("a ticket and a revoked token are remembered a minute longer: a node whose clock is behind still needs them")
    func clocksThatDiffer() async throws {
        let nodes = try await TwoNodes()
        let end = now + .seconds(600)
        let (ticket, token) = (StoreSample.digest("ticket"), AccessTokenReference(tokenID: "token", sessionID: nil))
        let first = try await nodes.first.sessions.consumeOnce(ticket, until: end, now: now).outcome
        #expect(first == .consumed)
        _ = try await nodes.first.sessions.revokeAccessToken(token, expiry: end, now: now).outcome
        await nodes.first.upkeep.sweep(now: end + .seconds(3), limit: 10)
        let behind = end - .seconds(1)
        let again = try await nodes.second.sessions.consumeOnce(ticket, until: end, now: behind).outcome
        #expect(again == .alreadyUsed)
        let standing = try await nodes.second.sessions.standing(of: token, now: behind)
        #expect(standing == .revoked)
        // What has expired takes no room, although it is there.
        #expect(try await nodes.first.upkeep.counts().revokedAccessTokens == 0)
        await nodes.first.upkeep.sweep(now: end + .seconds(61), limit: 10)
        for table in ["used_tickets", "revoked_tokens"] { #expect(try await count(table, nodes) == 0, "\(table)") }
    }

    @Test("a table with a large bound is counted now and then, and with what this node adds")
    func counted() async throws {
        let nodes = try await TwoNodes()
        let place = try FailingDatabase(nodes.database.database).place()
        let store = PostgreSQLSessions(place)
        #expect(place.counts.known(.sessions, max: TableCounts.exactMax) == .null)
        #expect(place.counts.known(.sessions, max: 5000) == .integer(0))
        _ = try await store.opened(StoreSample.grant(1))
        try await place.counts.refresh(now: now)
        #expect(place.counts.known(.sessions, max: 5000) == .integer(1))
        _ = try await store.opened(StoreSample.grant(2))
        #expect(place.counts.known(.sessions, max: 5000) == .integer(2))
        _ = try await nodes.first.sessions.opened(StoreSample.grant(3))
        try await place.counts.refresh(now: now + .seconds(1))
        #expect(place.counts.known(.sessions, max: 5000) == .integer(2))
        try await place.counts.refresh(now: now + .seconds(10))
        #expect(place.counts.known(.sessions, max: 5000) == .integer(3))
        #expect(place.counts.known(.sessions, max: TableCounts.exactMax) == .null)
    }

    @Test("the database that is away is noticed by the sweep, and so is its return")
    func availability() async throws {
        let nodes = try await TwoNodes()
        await nodes.first.upkeep.sweep(now: now, limit: 10)
        #expect(nodes.first.upkeep.isAvailable)
        try await nodes.database.run("ALTER TABLE key_generation RENAME TO key_generation_away")
        await nodes.first.upkeep.sweep(now: now, limit: 10)
        #expect(!nodes.first.upkeep.isAvailable)
        try await nodes.database.run("ALTER TABLE key_generation_away RENAME TO key_generation")
        await nodes.first.upkeep.sweep(now: now, limit: 10)
        #expect(nodes.first.upkeep.isAvailable)
    }
}
