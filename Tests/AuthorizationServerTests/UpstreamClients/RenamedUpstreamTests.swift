import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing
import UpstreamIdentity

@Suite("N-5: an upstream that gets another name")
struct RenamedUpstreamTests {
    /// The scene's provider as one without an issuer: its users are known by the upstream's name.
    private static func withoutIssuer(_ upstream: inout Configuration.Upstream, _ scene: RestartScene) {
        upstream.preset = .oauth2
        upstream.issuer = nil
        upstream.endpoints = .init(
            authorization: scene.provider.issuer + "/authorize",
            token: scene.provider.issuer + "/token",
            userInfo: .init(endpoint: scene.provider.issuer + "/userinfo")
        )
    }

    private static func subject(_ tokens: OAuthTestClient.Answer) throws -> String? {
        let claims = try JSONWebToken.unverifiedClaims(
            of: try CompactJWS(parsing: try #require(tokens["access_token"]))
        )
        return claims["sub"]?.stringValue
    }

    private static func warnings(_ server: TestServer) async -> [String] {
        await server.server.work.idle()
        return server.log.all.filter { $0.contains("unknown upstream") }
    }

    @Test("N-5: with its former name, its users, their sessions and tokens stay", arguments: [true, false])
    func formerName(hasIssuer: Bool) async throws {
        try await RestartScene.run { scene in
            var client: OAuthTestClient?
            var before: OAuthTestClient.Answer?
            var token: String?
            try await scene.serve({ if !hasIssuer { Self.withoutIssuer(&$0, scene) } }) { server in
                let registered = try await OAuthTestClient.registered(at: server)
                let tokens = try await scene.tokens(registered, at: server)
                token = try await registered.exchange(tokens["access_token"] ?? "")["access_token"]
                (client, before) = (registered, tokens)
                #expect(await Self.warnings(server).isEmpty)
            }
            let earlier = try #require(before)
            func renamed(_ upstream: inout Configuration.Upstream) {
                if !hasIssuer { Self.withoutIssuer(&upstream, scene) }
                upstream.name = "corporate"
                upstream.formerNames = ["old-corp", "corp"]
            }
            // Twice: what was taken over the first time is known by its new name the second time.
            for _ in 0..<2 {
                try await scene.serve(renamed) { server in
                    let registered = OAuthTestClient(client, at: server)
                    let exchanged = try await registered.exchange(earlier["access_token"] ?? "", audience: "corporate")
                    #expect(exchanged["access_token"] != nil && exchanged["access_token"] == token)
                    let page = try await scene.tokens(registered, at: server)
                    #expect(try Self.subject(page) == Self.subject(earlier))
                    token = try await registered.exchange(page["access_token"] ?? "", audience: "corporate")[
                        "access_token"
                    ]
                    #expect(await Self.warnings(server).isEmpty)
                }
            }
        }
    }

    @Test("N-5: without its former name, the start says that connections of an unknown upstream exist")
    func unknownUpstream() async throws {
        try await RestartScene.run { scene in
            try await scene.serve({ _ in }) { server in
                let client = try await OAuthTestClient.registered(at: server)
                _ = try await scene.tokens(client, at: server)
            }
            try await scene.serve({ $0.name = "corporate" }) { server in
                let warnings = await Self.warnings(server)
                #expect(warnings.count == 1)
                #expect(warnings.first?.contains("former_names") == true && warnings.first?.contains("corp") == true)
            }
        }
    }

    @Test("N-5: a user who has connected the account under the new name keeps that connection")
    func connectedAgain() async throws {
        try await RestartScene.run { scene in
            try await scene.serve({ _ in }) { server in
                let client = try await OAuthTestClient.registered(at: server)
                _ = try await scene.tokens(client, at: server)
            }
            var token: String?
            var access = ""
            var again: OAuthTestClient?
            try await scene.serve({ $0.name = "corporate" }) { server in
                let client = try await OAuthTestClient.registered(at: server)
                access = try await scene.tokens(client, at: server)["access_token"] ?? ""
                token = try await client.exchange(access, audience: "corporate")["access_token"]
                again = client
            }
            try await scene.serve({
                $0.name = "corporate"
                $0.formerNames = ["corp"]
            }) { (server) async throws in
                let client = OAuthTestClient(again, at: server)
                #expect(try await client.exchange(access, audience: "corporate")["access_token"] == token)
            }
        }
    }
}

extension OAuthTestClient {
    /// A client of an earlier run of the server, at its present run.
    fileprivate init(_ earlier: OAuthTestClient?, at server: TestServer) {
        self.init(issuer: server.issuer, transport: server.transport, resource: TestServer.resource)
        id = earlier?.id ?? ""
    }
}
