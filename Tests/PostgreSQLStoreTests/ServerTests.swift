import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import PostgreSQLClient
import PostgreSQLStore
import PostgreSQLTesting
import ServerConfiguration
import Testing

/// The whole server, by HTTP, with its state in PostgreSQL.
@Suite("A server on PostgreSQL", .timeLimit(.minutes(5)))
struct ServerTests {
    @Test("registers, logs in, redeems, refreshes, retrieves, introspects and revokes")
    func flow() async throws {
        let server = try await ServerNodes.start(try await TestDatabase().settings)
        let client = try await OAuthTestClient.registered(at: server)
        let tokens = try await client.tokens(at: server)
        #expect(tokens.status == 200)
        let refreshed = try await client.refresh(tokens.refreshToken)
        #expect(refreshed.status == 200)
        let token = try #require(refreshed["access_token"])
        #expect(try await client.exchange(token).status == 200)
        #expect(try await client.introspect(token).boolean("active") == true)
        #expect(try await client.revoke(refreshed.refreshToken).status == 200)
        #expect(try await client.introspect(token).boolean("active") == false)
        #expect(try await client.refresh(refreshed.refreshToken).error == "invalid_grant")
        await server.shutdown()
    }

    @Test("logs no user out by a restart")
    func restart() async throws {
        let settings = try await TestDatabase().settings
        let first = try await ServerNodes.start(settings)
        let client = try await OAuthTestClient.registered(at: first)
        let tokens = try await client.tokens(at: first)
        let token = try #require(tokens["access_token"])
        await first.server.shutdown(gracePeriod: .zero)
        let second = try await ServerNodes.start(settings, beside: first)
        let later = ServerNodes.client(client, at: second)
        #expect(try await later.introspect(token).boolean("active") == true)
        #expect(try await later.refresh(tokens.refreshToken).status == 200)
        await second.shutdown()
        await first.shutdown()
    }

    @Test("of two nodes, each continues what the other began, and refuses what the other revoked")
    func nodes() async throws {
        try await ServerNodes.run { first, second in
            let client = try await OAuthTestClient.registered(at: first)
            let other = ServerNodes.client(client, at: second)
            let tokens = try await client.tokens(at: first)
            let refreshed = try await other.refresh(tokens.refreshToken)
            #expect(refreshed.status == 200)
            let token = try #require(refreshed["access_token"])
            #expect(try await client.introspect(token).boolean("active") == true)
            #expect(try await other.exchange(token).status == 200)
            #expect(try await client.revoke(refreshed.refreshToken).status == 200)
            #expect(try await other.introspect(token).boolean("active") == false)
            #expect(try await other.exchange(token).status != 200)
            #expect(try await other.refresh(refreshed.refreshToken).error == "invalid_grant")
        }
    }

    @Test("of two nodes, racers with one refresh token get the same successor")
    func refreshRace() async throws {
        try await ServerNodes.run { first, second in
            let client = try await OAuthTestClient.registered(at: first)
            let clients = [client, ServerNodes.client(client, at: second)]
            let token = try await client.tokens(at: first).refreshToken
            let answers = try await race(16) { try await clients[$0 % 2].refresh(token) }
            #expect(answers.allSatisfy { $0.status == 200 })
            #expect(Set(answers.map(\.refreshToken)).count == 1)
        }
    }

    @Test("of two nodes, one racer with a code gets tokens")
    func codeRace() async throws {
        try await ServerNodes.run { first, second in
            let client = try await OAuthTestClient.registered(at: first)
            let clients = [client, ServerNodes.client(client, at: second)]
            let browser = TestBrowser(transport: first.transport)
            let code = try #require(try await client.authorize(with: browser, at: first)["code"])
            let answers = try await race(16) { try await clients[$0 % 2].redeem(code) }
            #expect(answers.count { $0.status == 200 } == 1)
            #expect(answers.allSatisfy { $0.status == 200 || $0.error == "invalid_grant" })
        }
    }

    @Test("LM-1: of two nodes, each allows half of a rate, and says how many there are")
    func rates() async throws {
        try await ServerNodes.run(failures: .init(burst: 50, perMinute: 60)) { first, second in
            for _ in 0..<2 {
                await first.server.performMaintenance()
                await second.server.performMaintenance()
                first.clock.advance(by: .seconds(3))
            }
            let client = try await OAuthTestClient.registered(at: first)
            for (node, client) in [(first, client), (second, ServerNodes.client(client, at: second))] {
                let metrics = try await client.send("GET", node.managementURL + "/metrics")
                #expect(metrics.body.contains("gatehouse_nodes 2"))
                var wrong = 0
                while try await client.redeem("gc_wrong").status == 400, wrong < 50 { wrong += 1 }
                #expect(wrong == 25)
            }
        }
    }

    @Test("answers 503 with Retry-After while the database is away, is not ready, and recovers with it")
    func outage() async throws {
        let cluster = try await PostgreSQLCluster(isDurable: true)
        let database = try await TestDatabase(in: cluster)
        let server = try await ServerNodes.start(database.settings)
        let client = try await OAuthTestClient.registered(at: server)
        let tokens = try await client.tokens(at: server)
        try await cluster.order("stop immediate")
        let refused = try await client.refresh(tokens.refreshToken)
        #expect(refused.status == 503)
        #expect(refused.header("retry-after") != nil)
        #expect(!server.server.storage.stores.upkeep.isAvailable)
        let ready = try await client.send("GET", server.managementURL + "/health/ready")
        #expect(ready.status == 503)
        #expect(ready.body.contains("database_unavailable"))
        try await cluster.order("start")
        var answer = try await client.refresh(tokens.refreshToken)
        let end = ContinuousClock.now + .seconds(30)
        while answer.status == 503, ContinuousClock.now < end {
            answer = try await client.refresh(tokens.refreshToken)
        }
        #expect(answer.status == 200)
        await server.server.performMaintenance()
        #expect(server.server.storage.stores.upkeep.isAvailable)
        await server.shutdown()
    }

    private func race(
        _ count: Int,
        _ body: @escaping @Sendable (Int) async throws -> OAuthTestClient.Answer
    ) async throws -> [OAuthTestClient.Answer] {
        try await withThrowingTaskGroup(of: OAuthTestClient.Answer.self) { group in
            for number in 0..<count { group.addTask { try await body(number) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }
}

extension OAuthTestClient.Answer {
    /// The refresh token; empty when there is none.
    fileprivate var refreshToken: String { self["refresh_token"] ?? "" }
}
