import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing

@Suite("Several upstreams in one session")
struct SeveralUpstreamsTests {
    @Test("UP-1: a login visits both providers, each with its own state, challenge and callback path")
    func twoLegs() async throws {
        try await VaultScene.run { scene in
            let token = try await scene.accessToken()
            #expect(try await scene.connections(token).json["missing"] == [])
            let legs = [scene.corp, scene.files].compactMap { $0.capturedRequests(on: .authorization).first }
            #expect(legs.count == 2)
            for name in ["state", "code_challenge", "nonce", "redirect_uri"] {
                #expect(Set(legs.compactMap { $0.parameter(name) }).count == 2, "\(name)")
            }
        }
    }

    @Test("VX-3: several audiences in one exchange have an answer each")
    func batch() async throws {
        try await VaultScene.run { scene in
            let token = try await scene.accessToken()
            let answer = try await scene.exchange(token, ["files", "corp"])
            #expect(answer.status == 200)
            #expect(answer["access_token"] == nil)
            let upstreams = try #require(answer.json["upstreams"]?.objectValue)
            #expect(upstreams.names == ["files", "corp"])
            for name in ["files", "corp"] {
                let one = try #require(upstreams[name]?.objectValue)
                #expect(one["access_token"]?.stringValue != nil)
                #expect(one["upstream"]?.stringValue == name)
                #expect(one["refresh_token"] == nil)
            }
        }
    }

    @Test("VX-3: one upstream’s trouble is not the other’s, and refreshes run beside each other")
    func batchWithTrouble() async throws {
        try await VaultScene.run(configure: { $0.tokens.accessTokenLifetime = .seconds(86_400) }) { scene in
            let token = try await scene.accessToken()
            scene.clock.advance(by: .seconds(2 * 3600))
            let gate = ResponseGate()
            scene.corp.script(.hold(gate), on: .token)
            scene.files.script(.invalidGrant, on: .token)
            async let pending = scene.exchange(token, ["corp", "files"])
            // The second is asked while the first still waits.
            await scene.files.waitForRequests(2, on: .token)
            gate.open()
            let answer = try await pending
            #expect(answer.status == 200)
            let upstreams = try #require(answer.json["upstreams"]?.objectValue)
            #expect(upstreams["corp"]?.objectValue?["refreshed"] == true)
            #expect(upstreams["files"]?.objectValue?["error"]?.stringValue == "interaction_required")
            #expect(upstreams["files"]?.objectValue?["connect_uri"]?.stringValue != nil)
        }
    }

    @Test(
        "VX-3: what an exchange for several upstreams must not ask",
        arguments: [
            (["corp", "corp"], [], "invalid_request"), (["corp", "files"], [("scope", "openid")], "invalid_request"),
            (["corp", "files"], [("account", "ada")], "invalid_request"), (["corp", "unknown"], [], "invalid_target"),
            (["a", "b", "c", "d", "e", "f", "g", "h", "i"], [], "invalid_request"), ([], [], "invalid_request"),
        ] as [([String], [(String, String)], String)]
    )
    func refusedBatch(audiences: [String], extra: [(String, String)], error: String) async throws {
        try await VaultScene.run { scene in
            let token = try await scene.accessToken()
            let answer = try await scene.exchange(token, audiences, extra)
            #expect(answer.status == 400 && answer.error == error)
            #expect(answer.json["upstreams"] == nil)
        }
    }

    @Test("a provider whose connection is usable is not asked again; one that is not, is")
    func usableLegIsSkipped() async throws {
        try await VaultScene.run { scene in
            _ = try await scene.accessToken()
            let token = try await scene.accessToken()
            #expect(scene.corp.requestCount(on: .authorization) == 2)
            #expect(scene.files.requestCount(on: .authorization) == 1)
            let connection = try await scene.connection("files", of: token)
            _ = try await scene.server.server.stores.vault.mark(
                connection.id,
                version: connection.version,
                .reauthorizationRequired,
                reason: "invalid_grant"
            ).outcome
            _ = try await scene.accessToken()
            #expect(scene.files.requestCount(on: .authorization) == 2)
        }
    }

    @Test("LF-7: an optional provider may fail; it is listed as missing and answers not_connected")
    func optionalProvider() async throws {
        try await VaultScene.run(configure: { $0.upstreams[1].isOptional = true }) { scene in
            scene.files.script(.oauthError("access_denied"), on: .authorization)
            let token = try await scene.accessToken()
            #expect(try await scene.connections(token).json["missing"] == ["files"])
            let answer = try await scene.exchange(token, ["files"])
            #expect(answer.error == "interaction_required" && answer["reason"] == "not_connected")
            #expect(try await scene.exchange(token, ["corp"]).status == 200)
        }
    }

    @Test("LF-7: a provider that is needed fails the login, and the other’s tokens stay")
    func neededProviderFails() async throws {
        try await VaultScene.run { scene in
            let token = try await scene.accessToken()
            let connection = try await scene.connection("files", of: token)
            _ = try await scene.server.server.stores.vault.disconnect(connection.id).outcome
            scene.files.script(.invalidGrant, on: .token)
            await #expect(throws: VaultScene.LoginEnded.self) { try await scene.logIn() }
            #expect(try await scene.exchange(token, ["corp"]).status == 200)
            #expect(try await scene.exchange(token, ["files"])["reason"] == "not_connected")
        }
    }

    @Test("D-63: two first logins of one person at once are one user, and the same account is the same sub later")
    func oneUser() async throws {
        try await VaultScene.run { scene in
            let tokens = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<8 { group.addTask { try await scene.accessToken() } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let later = try await scene.accessToken()
            let subjects = try (tokens + [later]).map { try Self.subject(of: $0) }
            #expect(Set(subjects).count == 1)
            let counts = await scene.server.server.stores.vault.counts
            #expect(counts.users == 1 && counts.connections == 2)
        }
    }

    private static func subject(of token: String) throws -> String {
        let parts = token.split(separator: ".")
        let payload = try JSONParser.parseObject(try #require(Base64URL.decode(String(parts[1]))))
        return try #require(payload["sub"]?.stringValue)
    }
}
