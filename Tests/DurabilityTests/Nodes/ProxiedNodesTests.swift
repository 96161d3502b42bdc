import AuthorizationServerTesting
import Testing

/// TK-16: two nodes behind nginx with the recipe that is delivered; each request reaches a random node.
///
/// The programs have their own bounds for the database, so that a slow machine may answer 503: the request then comes
/// again.
@Suite("Two nodes behind nginx", .serialized, .timeLimit(.minutes(10)))
struct ProxiedNodesTests {
    private static let racerCount = 64

    private static func isBusy(_ answer: OAuthTestClient.Answer) -> Bool { [502, 503].contains(answer.status) }

    /// The answer to a request, which comes again while the answer is that it should.
    private func patient(
        _ body: () async throws -> OAuthTestClient.Answer
    ) async throws -> OAuthTestClient.Answer {
        let end = ContinuousClock.now + .seconds(60)
        var answer = try await body()
        while Self.isBusy(answer), ContinuousClock.now < end { answer = try await body() }
        return answer
    }

    /// Tokens of a new login.
    private func tokens(_ client: OAuthTestClient, _ nodes: TwoNodeDeployment) async throws -> OAuthTestClient.Answer {
        try await patient { try await client.redeem(try await nodes.deployment.code(for: client, user: "ada")) }
    }

    /// All answers to a request that comes many times at once.
    private func race(
        _ body: @escaping @Sendable () async throws -> OAuthTestClient.Answer
    ) async throws -> [OAuthTestClient.Answer] {
        try await withThrowingTaskGroup(of: OAuthTestClient.Answer.self) { group in
            for _ in 0..<Self.racerCount { group.addTask { try await body() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test("register, log in, redeem, refresh, retrieve, introspect and revoke, wherever each request arrives")
    func flow() async throws {
        try await TwoNodeDeployment.run { nodes in
            for round in 0..<4 {
                let client = try await nodes.deployment.registeredClient(named: "client \(round)")
                let tokens = try await tokens(client, nodes)
                #expect(tokens.status == 200)
                let refreshed = try await patient { try await client.refresh(tokens["refresh_token"] ?? "") }
                #expect(refreshed.status == 200)
                let (token, next) = (refreshed["access_token"] ?? "", refreshed["refresh_token"] ?? "")
                #expect(try await patient { try await client.exchange(token) }.status == 200)
                #expect(try await patient { try await client.introspect(token) }.boolean("active") == true)
                #expect(try await patient { try await client.revoke(next) }.status == 200)
                #expect(try await patient { try await client.introspect(token) }.boolean("active") == false)
                #expect(try await patient { try await client.refresh(next) }.error == "invalid_grant")
            }
        }
    }

    @Test("of 64 racers with one code one gets tokens; of 64 with one refresh token all get the same successor")
    func races() async throws {
        try await TwoNodeDeployment.run { nodes in
            let client = try await nodes.deployment.registeredClient(named: "client")
            let code = try await nodes.deployment.code(for: client, user: "ada")
            let redemptions = try await race { try await client.redeem(code) }
            let winners = redemptions.count { $0.status == 200 }
            // The winner itself may be answered that its outcome is not known.
            #expect(winners == 1 || winners == 0 && redemptions.contains(where: Self.isBusy))
            #expect(redemptions.allSatisfy { $0.status == 200 || $0.error == "invalid_grant" || Self.isBusy($0) })

            let first = try await tokens(client, nodes)["refresh_token"] ?? ""
            let refreshes = try await race { try await client.refresh(first) }
            #expect(refreshes.allSatisfy { $0.status == 200 || Self.isBusy($0) })
            let last = try await patient { try await client.refresh(first) }
            #expect(last.status == 200)
            let successors = (refreshes + [last]).filter { $0.status == 200 }.map { $0["refresh_token"] ?? "" }
            #expect(Set(successors).count == 1)
        }
    }

    @Test("RFC 7009 §2: what is revoked at one node is refused at the other, at once")
    func revocation() async throws {
        try await TwoNodeDeployment.run { nodes in
            for revoker in 0..<2 {
                let client = try await nodes.deployment.registeredClient(named: "client \(revoker)")
                let tokens = try await tokens(client, nodes)
                let (token, refreshToken) = (tokens["access_token"] ?? "", tokens["refresh_token"] ?? "")
                let clients = [nodes.client(client, at: revoker), nodes.client(client, at: 1 - revoker)]
                for client in clients {
                    #expect(try await patient { try await client.introspect(token) }.boolean("active") == true)
                    #expect(try await patient { try await client.exchange(token) }.status == 200)
                }
                #expect(try await patient { try await clients[0].revoke(refreshToken) }.status == 200)
                #expect(try await patient { try await clients[1].introspect(token) }.boolean("active") == false)
                #expect(try await patient { try await clients[1].exchange(token) }.status == 400)
                #expect(try await patient { try await clients[1].refresh(refreshToken) }.error == "invalid_grant")
            }
        }
    }

    @Test("while a node is gone, the other answers every request; each of the two can be it")
    func killedNode() async throws {
        try await TwoNodeDeployment.run { nodes in
            let client = try await nodes.deployment.registeredClient(named: "client")
            var token = try await tokens(client, nodes)["refresh_token"] ?? ""
            for gone in 0..<2 {
                await nodes.kill(gone)
                for _ in 0..<10 {
                    let answer = try await patient { try await client.refresh(token) }
                    #expect(answer.status == 200)
                    token = answer["refresh_token"] ?? token
                }
                try await nodes.start(gone)
            }
        }
    }
}
