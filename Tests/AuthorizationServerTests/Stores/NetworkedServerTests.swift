import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing

/// The whole server, by HTTP, on stores that are across a network and fail at any verb.
@Suite("A server whose stores are across a network", .timeLimit(.minutes(5)))
struct NetworkedServerTests {
    /// A request that failed however often it was repeated.
    struct Unanswered: Error {
        let step: String
        let answers: [String]
    }

    /// The requests of one user, each of which is repeated after 503, as clients do.
    private struct Life {
        let scene: VaultScene
        /// Whether the session is revoked by its client at the end, or ended by the provider's logout.
        let isRevoked: Bool

        /// Repeats a step until it is acknowledged; anything but 503 in between ends the test.
        @discardableResult
        private func persist(
            _ step: String,
            status: Int = 200,
            _ request: () async throws -> OAuthTestClient.Answer
        ) async throws -> OAuthTestClient.Answer {
            var statuses: [String] = []
            for _ in 0..<3 {
                let answer = try await request()
                if answer.status == status { return answer }
                statuses.append("\(answer.status) \(answer.error ?? "")")
                guard answer.status == 503 else { break }
                #expect(answer.header("retry-after") != nil, "\(step)")
            }
            throw Unanswered(step: step, answers: statuses)
        }

        // A browser's login begins again, because its user would do so too.
        private func code() async throws -> String {
            var ends: [String] = []
            for _ in 0..<3 {
                let browser = scene.browser()
                let consent = try await browser.get(scene.client.authorizationURL())
                let ticket = consent.hiddenFields["ticket"] ?? ""
                let approved = try await browser.post(
                    scene.server.issuer + "/oauth/consent",
                    form: [("ticket", ticket), ("decision", "approve")]
                )
                let end = try await scene.walk(approved, browser)
                if let code = OAuthTestClient.parameters(of: end.header("location") ?? "")["code"] { return code }
                ends.append("\(end.status) \(end.url) \(end.header("location") ?? end.text)")
            }
            throw Unanswered(step: "login", answers: ends)
        }

        func run() async throws {
            let (client, maintenance) = (scene.client, scene.server.server.performMaintenance)
            try await persist("registration", status: 201) {
                try await client.register([
                    "redirect_uris": ["http://127.0.0.1/callback"], "token_endpoint_auth_method": "none",
                ])
            }
            let code = try await code()
            let first = try await persist("redemption") { try await client.redeem(code) }
            let refreshed = try await persist("refresh") { try await client.refresh(first.refreshToken) }
            let token = try #require(refreshed["access_token"])
            try await useConnections(token)
            try await persist("revocation of an access token") { try await client.revoke(token) }
            #expect(try await persist("introspection") { try await client.introspect(token) }.json["active"] == false)
            // What was acknowledged holds: the predecessor of an acknowledged refresh's successor is spent.
            let second = try await persist("second refresh") { try await client.refresh(refreshed.refreshToken) }
            try await end(second.refreshToken)
            await maintenance()
            #expect(
                try await persist("refused refresh", status: 400) {
                    try await client.refresh(second.refreshToken)
                }.error == "invalid_grant"
            )
        }

        private func useConnections(_ token: String) async throws {
            let (client, clock) = (scene.client, scene.clock)
            let active = try await persist("introspection") { try await client.introspect(token) }
            #expect(active.json["active"] == true)
            try await persist("retrieval") { try await scene.exchange(token, ["corp"]) }
            // The provider's token expires in the meantime.
            clock.advance(by: .seconds(3590))
            try await persist("retrieval with a refresh") { try await scene.exchange(token, ["corp", "files"]) }
            // A token that has just come is not refreshed again at once.
            clock.advance(by: .seconds(120))
            try await persist("report") { try await scene.report(token, "files") }
            let list = try await persist("list") { try await scene.connections(token) }
            let connections = try #require(list.json["connections"]?.arrayValue).compactMap(\.objectValue)
            let files = try #require(connections.first { $0["upstream"]?.stringValue == "files" })
            let id = try #require(files["id"]?.stringValue)
            try await persist("disconnection") { try await scene.disconnect(id, token) }
            #expect(try await persist("after it", status: 404) { try await scene.disconnect(id, token) }.status == 404)
        }

        private func end(_ refreshToken: String) async throws {
            if isRevoked {
                try await persist("revocation of a session") { try await scene.client.revoke(refreshToken) }
            } else {
                let token = try scene.corp.logoutToken(BackChannelLogout(clientID: "gatehouse", subject: "ada"))
                try await persist("logout") { try await scene.postLogout(token) }
            }
        }
    }

    @Test("ST-1: any verb may fail, before or after its effect: 503, and the repeated request succeeds")
    func everyVerb() async throws {
        let network = Network()
        try await VaultScene.run(
            configure: { $0.tokens.accessTokenLifetime = .seconds(7200) },
            environment: { environment in
                environment.keepStateBehind(network)
                environment.maintainsOnTimer = false
            },
            { scene in
                for isRevoked in [true, false] {
                    network.forgetVerbs()
                    try await Life(scene: scene, isRevoked: isRevoked).run()
                    let verbs = network.verbs.sorted()
                    #expect(verbs.count > 20, "\(verbs)")
                    for verb in verbs {
                        for kind in Network.Failure.allCases {
                            network.fail(verb, kind)
                            await #expect(throws: Never.self, "\(verb) \(kind)") {
                                try await Life(scene: scene, isRevoked: isRevoked).run()
                            }
                            #expect(network.hasFailed, "\(verb) \(kind)")
                        }
                    }
                }
            }
        )
    }

    @Test("MD-9: keys that another node makes are published here, and seal here", .timeLimit(.minutes(1)))
    func otherNodesKeys() async throws {
        let network = Network()
        try await TestServer.run(environment: { $0.keepStateBehind(network) }) { server in
            let (ring, keys) = (server.server.stores.keys, server.server.keys)
            let key = try StoreSample.signingKey(.next)
            _ = try await ring.install(key, now: server.clock.now()).outcome
            while !keys.current.published.keys.contains(where: { $0.keyID == key.key.keyID }) { await Task.yield() }
            let secret = try await ring.addVaultKey(Array(repeating: 7, count: 32), now: server.clock.now()).outcome
            while server.server.vaultKeys.currentNumber < secret.number { await Task.yield() }
        }
    }
}
