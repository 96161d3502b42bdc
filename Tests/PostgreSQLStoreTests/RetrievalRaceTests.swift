import AuthorizationServerTesting
import DevelopmentIdentityProvider
import PostgreSQLTesting
import Testing

/// VR-6, VT-4: one refresh of an upstream token at a time, over all nodes.
@Suite("Retrievals at two nodes", .timeLimit(.minutes(5)))
struct RetrievalRaceTests {
    @Test("100 parallel retrievals of an expired token are one redemption upstream; no node waits for the other")
    func race() async throws {
        var provider = DevelopmentIdentityProvider.Configuration()
        provider.openIDConnect.accessTokenLifetime = .seconds(600)
        try await ServerNodes.run(provider: provider) { first, second in
            let client = try await OAuthTestClient.registered(at: first)
            let clients = [client, ServerNodes.client(client, at: second)]
            let token = try #require(try await client.tokens(at: first)["access_token"])
            first.clock.advance(by: .seconds(600))
            let gate = ResponseGate()
            first.provider.script(.holdResponse(gate), on: .token)
            let asked = first.provider.requestCount(on: .token)
            async let racing = withThrowingTaskGroup(of: OAuthTestClient.Answer.self) { group in
                for number in 0..<100 { group.addTask { try await clients[number % 2].exchange(token) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            await gate.waitForArrivals()
            gate.open()
            let answers = try await racing
            // What was answered 503 is repeated after a second, and gets what the others got.
            #expect(answers.allSatisfy { $0.status == 200 || $0.status == 503 && $0.header("retry-after") == "1" })
            #expect(answers.contains { $0.status == 200 })
            var tokens = Set(answers.compactMap { $0["access_token"] })
            for client in clients {
                let answer = try await client.exchange(token)
                #expect(answer.status == 200)
                tokens.insert(answer["access_token"] ?? "")
            }
            #expect(tokens.count == 1)
            #expect(first.provider.requestCount(on: .token) == asked + 1)
            #expect(await first.provider.grantReports().first?.refreshAttemptCount == 1)
        }
    }
}
