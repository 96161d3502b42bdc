import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing

@Suite("VT-5: another key for the vault")
struct VaultKeyRotationTests {
    private static func rotate(
        _ server: TestServer,
        token: String = "admin-token-for-tests"
    ) async throws -> OAuthTestClient.Answer {
        try await OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil).send(
            "POST",
            server.managementURL + "/admin/vault-key/rotate",
            headerFields: [("authorization", "Bearer " + token)]
        )
    }

    private static func tokens(_ server: TestServer) async -> [SealedTokens] {
        await server.server.stores.vault.connections(after: nil, limit: 100).map(\.tokens)
    }

    @Test(
        "everything is sealed anew, older keys are erased, and tokens are handed out all the while and after restarts"
    )
    func rotation() async throws {
        var provider = DevelopmentIdentityProvider.Configuration(clients: .registered([]))
        provider.allowsRegistration = true
        let registers: (inout Configuration.Upstream) -> Void = {
            $0.clientID = nil
            $0.clientSecret = nil
            $0.registration = .init()
        }
        try await RestartScene.run(provider) { scene in
            var token = ""
            try await scene.serve(registers) { server in
                let client = try await OAuthTestClient.registered(at: server)
                token = try await scene.tokens(client, at: server).accessToken
                let first = try await client.exchange(token)
                let before = await Self.tokens(server)
                for number in 1...2 {
                    #expect(try await Self.rotate(server).json["key"] == .integer(number))
                    #expect(try await client.exchange(token)["access_token"] == first["access_token"])
                    await server.server.performMaintenance()
                    #expect(try await client.exchange(token)["access_token"] == first["access_token"])
                }
                let after = await Self.tokens(server)
                #expect(after.count == 1 && after != before)
                #expect(await server.server.stores.keys.generation().vaultKeys.map(\.number) == [1, 2])
                #expect(try server.auditEvents("vault_key.changed").count == 2)
            }
            scene.clock.advance(by: .seconds(601))
            for _ in 0..<2 {
                try await scene.serve(registers) { server in
                    let client = try await OAuthTestClient.registered(at: server)
                    await server.server.performMaintenance()
                    #expect(await server.server.stores.keys.generation().vaultKeys.map(\.number) == [2])
                    #expect(try await client.exchange(token).status == 200)
                }
            }
            scene.clock.advance(by: .seconds(2 * 3600))
            try await scene.serve(registers) { server in
                let client = try await OAuthTestClient.registered(at: server)
                let answer = try await client.exchange(token)
                #expect(answer.status == 200 && answer.json["refreshed"] == true)
                #expect(scene.provider.requestCount(on: .registration) == 1)
            }
        }
    }

    @Test("only administrators rotate, and not while the journal takes nothing")
    func refusals() async throws {
        let journal = ScriptedJournal()
        try await TestServer.run(environment: { $0.journal = journal }) { server in
            let guessed = try await Self.rotate(server, token: "guess")
            #expect(guessed.status == 401)
            journal.isAvailable = false
            #expect(try await Self.rotate(server).isError(503, "temporarily_unavailable"))
            journal.isAvailable = true
            #expect(await server.server.stores.keys.generation().vaultKeys.isEmpty)
            #expect(try await Self.rotate(server).status == 200)
        }
    }
}
