import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing

@Suite("Forward authentication for nginx, Envoy and Traefik")
struct ForwardAuthTests {
    private static let secret = (name: "x-gatehouse-proxy-secret", value: VaultScene.proxySecret)

    private static func ask(
        _ scene: VaultScene,
        _ token: String?,
        method: String = "GET",
        path: String = "/forward-auth",
        secret: Bool = true,
        isPublic: Bool = false,
        _ extra: [(name: String, value: String)] = []
    ) async throws -> OAuthTestClient.Answer {
        var fields = extra
        if let token { fields.append(("authorization", "Bearer " + token)) }
        if secret { fields.append(Self.secret) }
        let base = isPublic ? scene.server.issuer : scene.server.managementURL
        return try await scene.client.send(method, base + path, headerFields: fields)
    }

    private static func injecting(_ configuration: inout Configuration) {
        configuration.resources[0].forwardAuthUpstream = "corp"
    }

    @Test("200 says who acts for whom, and carries the upstream’s Authorization instead of the client’s")
    func injects() async throws {
        try await VaultScene.run(configure: Self.injecting) { scene in
            let token = try await scene.accessToken()
            for isPublic in [false, true] {
                let answer = try await Self.ask(scene, token, isPublic: isPublic)
                #expect(answer.status == 200)
                #expect(answer.header("x-auth-subject")?.hasPrefix("u_") ?? false)
                #expect(answer.header("x-auth-client") == scene.client.id)
                #expect(answer.header("x-auth-scope")?.contains("mcp:read") ?? false)
                #expect(answer.header("x-auth-session")?.hasPrefix("ts_") ?? false)
                let vended = try await scene.exchange(token, ["corp"])["access_token"] ?? "-"
                #expect(answer.header("authorization") == "Bearer " + vended)
                #expect(answer.header("cache-control") == "no-store")
            }
            #expect(scene.server.auditLog.all.contains { $0.contains("upstream_token.exchanged") })
        }
    }

    @Test("the token is refreshed when it is due")
    func refreshes() async throws {
        try await VaultScene.run(configure: { configuration in
            Self.injecting(&configuration)
            configuration.tokens.accessTokenLifetime = .seconds(86_400)
        }) { scene in
            let token = try await scene.accessToken()
            let before = try await Self.ask(scene, token).header("authorization")
            scene.clock.advance(by: .seconds(2 * 3600))
            let after = try await Self.ask(scene, token)
            #expect(after.status == 200 && after.header("authorization") != before)
        }
    }

    @Test("a resource without forward_auth gets identities and no token")
    func identityOnly() async throws {
        try await VaultScene.run { scene in
            let token = try await scene.accessToken()
            let answer = try await Self.ask(scene, token, secret: false)
            #expect(answer.status == 200 && answer.header("x-auth-subject") != nil)
            #expect(answer.header("authorization") == nil)
            #expect(scene.corp.requestCount(on: .token) == 1)
        }
    }

    @Test("without the secret no upstream token leaves: not on the management listener, and nothing at all in public")
    func secret() async throws {
        try await VaultScene.run(configure: Self.injecting) { scene in
            let token = try await scene.accessToken()
            for isPublic in [false, true] {
                let without = try await Self.ask(scene, token, secret: false, isPublic: isPublic)
                #expect(without.status == 403 && without.header("authorization") == nil)
                let wrong = try await Self.ask(
                    scene,
                    token,
                    secret: false,
                    isPublic: isPublic,
                    [("x-gatehouse-proxy-secret", "guessed")]
                )
                #expect(wrong.status == 403 && wrong.header("x-auth-subject") == nil)
                let doubled = try await Self.ask(scene, token, isPublic: isPublic, [Self.secret])
                #expect(doubled.status == 403)
            }
        }
        try await VaultScene.run(configure: { $0.forwardAuth.secret = nil }) { scene in
            let token = try await scene.accessToken()
            #expect(try await Self.ask(scene, token, secret: false, isPublic: true).status == 404)
            #expect(try await Self.ask(scene, token, secret: false).status == 200)
            #expect(try await Self.ask(scene, token).status == 403)
        }
    }

    @Test("RS-1: 401 names the resource’s metadata; without a token it has no error")
    func challenge() async throws {
        try await VaultScene.run(configure: Self.injecting) { scene in
            let metadata =
                "resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\""
            let without = try await Self.ask(scene, nil)
            #expect(without.status == 401)
            let challenge = try #require(without.header("www-authenticate"))
            #expect(challenge.hasPrefix("Bearer resource_metadata=") && challenge.contains(metadata))
            #expect(challenge.contains("scope=\"") && !challenge.contains("error="))
            let token = try await scene.accessToken()
            let grace = try await scene.accessToken(as: "grace")
            let session = try #require(SessionID(try await Self.ask(scene, grace).header("x-auth-session") ?? ""))
            _ = try await scene.server.server.stores.sessions.revoke(session).outcome
            let upstream = try #require(try await scene.exchange(token, ["corp"])["access_token"])
            for bad in ["x.y.z", String(token.dropLast(4)) + "AAAA", grace, upstream] {
                let answer = try await Self.ask(scene, bad)
                #expect(answer.status == 401 && answer.header("authorization") == nil)
                let challenge = try #require(answer.header("www-authenticate"))
                #expect(challenge.hasPrefix("Bearer error=\"invalid_token\"") && challenge.contains(metadata))
            }
            scene.clock.advance(by: .seconds(7200))
            #expect(try await Self.ask(scene, token).status == 401)
        }
    }

    @Test("a dead connection is 401, so that the client logs in again; a provider that is down is 503")
    func upstreamTrouble() async throws {
        try await VaultScene.run(configure: { configuration in
            Self.injecting(&configuration)
            configuration.tokens.accessTokenLifetime = .seconds(86_400)
        }) { scene in
            let token = try await scene.accessToken()
            scene.clock.advance(by: .seconds(2 * 3600))
            scene.corp.script(.unavailable, on: .token)
            #expect(try await Self.ask(scene, token).status == 503)
            scene.corp.script(.invalidGrant, on: .token)
            let dead = try await Self.ask(scene, token)
            #expect(dead.status == 401 && dead["reason"] == "reauth_required" && dead["connect_uri"] != nil)
            #expect(dead.header("www-authenticate")?.hasPrefix("Bearer error=\"invalid_token\"") ?? false)
        }
    }

    @Test("a scope that the proxy demands and the token lacks is 403 insufficient_scope")
    func scope() async throws {
        try await VaultScene.run { scene in
            let token = try await scene.accessToken()
            #expect(try await Self.ask(scene, token, path: "/forward-auth?scope=mcp:read").status == 200)
            let refused = try await Self.ask(scene, token, path: "/forward-auth?scope=mcp:write")
            #expect(refused.status == 403)
            #expect(refused.header("www-authenticate")?.contains("insufficient_scope") ?? false)
        }
    }

    private static func withSecondResource(_ configuration: inout Configuration) {
        var other = Configuration.Resource(
            uri: "https://other.example.com/mcp",
            scopes: configuration.resources[0].scopes
        )
        other.upstreams = ["corp"]
        configuration.resources.append(other)
    }

    private static func envoy(
        _ resource: String = TestServer.resource,
        scope: String = "mcp:read"
    ) -> [(name: String, value: String)] {
        [("x-gatehouse-resource", resource), ("x-gatehouse-scope", scope)]
    }

    @Test("Envoy: any method, the client’s path behind ours; only the headers name resource and scope there")
    func envoy() async throws {
        try await VaultScene.run(configure: Self.withSecondResource) { scene in
            let token = try await scene.accessToken()
            let (named, other) = (Self.envoy(), Self.envoy("https://other.example.com/mcp"))
            let path = "/forward-auth/mcp/tools%2Fcall?resource=https://other.example.com/mcp"
            for method in ["GET", "POST", "PUT", "DELETE"] {
                #expect(try await Self.ask(scene, token, method: method, path: path, named).status == 200)
            }
            // D-37: a client's path that ends like ours is not ours, and its query chooses nothing either.
            let alike = "/forward-auth/x/forward-auth?resource=\(TestServer.resource)"
            #expect(try await Self.ask(scene, token, path: alike, named).status == 200)
            #expect(try await Self.ask(scene, token, path: alike, other).status == 401)
            #expect(try await Self.ask(scene, token, path: alike).status == 400)
            // The client's own query chooses nothing, and the token of one resource does not open another.
            #expect(try await Self.ask(scene, token, path: path, other).status == 401)
            #expect(try await Self.ask(scene, token, path: path).status == 400)
            // On the exact path it is the query that the proxy wrote, whatever header the client sends.
            let exact = "/forward-auth?resource=https://other.example.com/mcp"
            #expect(try await Self.ask(scene, token, path: exact, named).status == 401)
        }
    }

    @Test("S-06: below its path nothing is taken as given: one header each, and a slash too many is refused")
    func belowThePath() async throws {
        try await VaultScene.run(configure: Self.injecting) { scene in
            let token = try await scene.accessToken()
            for isPublic in [false, true] {
                for path in [
                    "/forward-auth/?scope=mcp:write", "/forward-auth/?resource=https://other.example/&scope=mcp:write",
                    "/forward-auth//?scope=mcp:write", "/forward-auth///", "/forward-auth/",
                ] {
                    for fields in [[], Self.envoy()] {
                        let answer = try await Self.ask(scene, token, path: path, isPublic: isPublic, fields)
                        #expect(answer.isError(400, "invalid_request"), "\(path)")
                        #expect(answer.header("authorization") == nil && answer.header("x-auth-subject") == nil)
                    }
                }
                let (resource, scope) = (Self.envoy()[0], Self.envoy()[1])
                let incomplete = [[], [resource], [scope], [resource, resource, scope], [resource, scope, scope]]
                for fields in incomplete {
                    let answer = try await Self.ask(scene, token, path: "/forward-auth/mcp", isPublic: isPublic, fields)
                    #expect(answer.isError(400, "invalid_request"), "\(fields)")
                    #expect(answer.header("authorization") == nil)
                }
                #expect(
                    try await Self.ask(scene, token, path: "/forward-auth/mcp", isPublic: isPublic, Self.envoy()).status
                        == 200
                )
            }
        }
    }

    @Test("S-06: Envoy demands a scope by its header")
    func envoyScope() async throws {
        try await VaultScene.run { scene in
            let token = try await scene.accessToken()
            func ask(_ scope: String) async throws -> OAuthTestClient.Answer {
                try await Self.ask(scene, token, path: "/forward-auth/mcp?scope=mcp:read", Self.envoy(scope: scope))
            }
            #expect(try await ask("mcp:read").status == 200)
            let refused = try await ask("mcp:read mcp:write")
            #expect(refused.status == 403)
            #expect(refused.header("www-authenticate")?.contains("insufficient_scope") ?? false)
            #expect(try await ask("\"").isError(400, "invalid_scope"))
        }
    }
}
