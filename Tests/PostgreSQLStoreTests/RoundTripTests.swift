import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import PostgreSQLStore
import PostgreSQLTesting
import ServerConfiguration
import Testing

/// How often a whole HTTP request waits for the database: counted, not timed.
@Suite("Round trips of a request", .timeLimit(.minutes(5)))
struct RoundTripTests {
    /// Whose requests are counted.
    private struct Scene {
        let server: TestServer
        let storage: PostgreSQLStorage
        let client: OAuthTestClient
        var tokens: OAuthTestClient.Answer

        /// The answer to a request, and how many transactions it took.
        func counted(
            _ request: () async throws -> OAuthTestClient.Answer
        ) async throws -> (answer: OAuthTestClient.Answer, count: Int) {
            let before = storage.transactionCount
            let answer = try await request()
            return (answer, storage.transactionCount - before)
        }

        /// The fewest transactions of a few such requests: a node also asks twice a second whether blocks have changed,
        /// with whatever request comes then.
        func fewest(_ request: (_ number: Int) async throws -> OAuthTestClient.Answer) async throws -> Int {
            var fewest = Int.max
            for number in 0..<6 {
                let found = try await counted { try await request(number) }
                #expect(found.answer.status == 200)
                fewest = min(fewest, found.count)
            }
            return fewest
        }
    }

    /// Runs the body with a server that does nothing besides requests, after a first round of each.
    private func run(
        configure: (inout Configuration) throws -> Void = { _ in },
        _ body: (Scene) async throws -> Void
    ) async throws {
        let server = try await ServerNodes.start(
            try await TestDatabase().settings,
            configure: configure,
            environment: { $0.maintainsOnTimer = false }
        )
        do {
            let storage = try #require(server.server.storage as? PostgreSQLStorage)
            let client = try await OAuthTestClient.registered(at: server)
            var tokens = try await client.tokens(at: server)
            tokens = try await client.refresh(tokens["refresh_token"] ?? "")
            #expect(tokens.status == 200)
            #expect(try await client.exchange(tokens["access_token"] ?? "").status == 200)
            // What the start and the requests so far began is over.
            await server.server.work.idle()
            try await body(Scene(server: server, storage: storage, client: client, tokens: tokens))
        } catch {
            await server.shutdown()
            throw error
        }
        await server.shutdown()
    }

    @Test("at most two for a refresh, also for one that repeats")
    func refresh() async throws {
        try await run { scene in
            var tokens = scene.tokens
            let first = try await scene.fewest { _ in
                tokens = try await scene.client.refresh(tokens["refresh_token"] ?? "")
                return tokens
            }
            #expect((1...2).contains(first), "\(first)")
            let last = tokens["refresh_token"] ?? ""
            let next = try await scene.client.refresh(last)
            let again = try await scene.counted { try await scene.client.refresh(last) }
            #expect(again.answer.status == 200 && (1...3).contains(again.count), "\(again.count)")
            #expect(next["refresh_token"] == again.answer["refresh_token"])
        }
    }

    // The session's standing, and the connection.
    @Test("two for the retrieval of a fresh upstream token")
    func retrieval() async throws {
        try await run { scene in
            let token = scene.tokens["access_token"] ?? ""
            let count = try await scene.fewest { _ in try await scene.client.exchange(token) }
            #expect(count == 2)
        }
    }

    @Test("one for an introspection, and at most two for the redemption of a code")
    func others() async throws {
        try await run { scene in
            let token = scene.tokens["access_token"] ?? ""
            let asked = try await scene.fewest { _ in try await scene.client.introspect(token) }
            #expect(asked == 1)
            let browser = TestBrowser(transport: scene.server.transport)
            var codes: [String] = []
            for _ in 0..<6 {
                codes.append(try #require(try await scene.client.authorize(with: browser, at: scene.server)["code"]))
            }
            let redeemed = try await scene.fewest { number in try await scene.client.redeem(codes[number]) }
            #expect((1...2).contains(redeemed), "\(redeemed)")
        }
    }

    @Test("the counter counts: a revocation takes some, and what is served from memory none")
    func control() async throws {
        try await run { scene in
            let revoked = try await scene.counted {
                try await scene.client.revoke(scene.tokens["refresh_token"] ?? "")
            }
            #expect(revoked.answer.status == 200 && revoked.count >= 1)
            let live = try await scene.counted { try await scene.client.send("GET", "/.well-known/jwks.json") }
            #expect(live.count == 0)
        }
    }
}
