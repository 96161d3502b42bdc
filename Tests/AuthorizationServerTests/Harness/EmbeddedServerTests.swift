import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import Testing

/// The README's example for other packages, unchanged; RepositoryTests checks that they can use it.
@Suite("The embedded server")
struct EmbeddedServerTests {
    @Test("README’s example does what it says, and the next request succeeds")
    func readmeExample() async throws {
        var options = TestServer.Options(resource: "https://mcp.example.com/mcp")
        options.accessTokenLifetime = .seconds(86_400)
        try await TestServer.run(options) { server in
            let client = try await OAuthTestClient.registered(at: server)
            let tokens = try await client.tokens(at: server, as: "ada")
            server.advance(by: .seconds(2 * 3600))
            server.failNextUpstreamTokenRequest(.unavailable)
            let upstream = try await client.exchange(tokens["access_token"] ?? "")
            #expect(upstream.status == 503)
            #expect(try await client.exchange(tokens["access_token"] ?? "").status == 200)
        }
    }

    @Test("its tokens are good by a clock of the verifier's own, and expire when time is moved")
    func realTime() async throws {
        try await withGatehouse { server in
            let present = Int(SystemTimeSource().now().secondsSinceEpoch)
            #expect(abs(server.now - present) < 60)
            let token = try await server.issueToken()
            let client = try await OAuthTestClient.registered(at: server)
            let answer = try await client.introspect(token)
            #expect(answer.boolean("active") == true && answer.body.contains("true"))
            #expect(try #require(answer.integer("exp")) > present)
            server.advance(by: .seconds(3700))
            #expect(try await client.introspect(token).boolean("active") == false)
        }
    }

    @Test("a fixed start, users and scopes of the test's own; the body's result comes back")
    func fixedStart() async throws {
        var options = TestServer.Options()
        options.start = 1_800_000_000
        options.users = [.init("linus", name: "Linus", email: "linus@example.com")]
        let issuedAt = try await withGatehouse(options) { server in
            let token = try await server.issueToken(subject: "linus", scopes: ["mcp:read"])
            let answer = try await OAuthTestClient.registered(at: server).introspect(token)
            #expect(answer["scope"] == "mcp:read")
            return answer.integer("iat")
        }
        #expect(issuedAt == 1_800_000_000)
    }

    @Test("a login that is refused says why")
    func refused() async throws {
        try await withGatehouse { server in
            let refusal = await #expect(throws: AuthorizationRefused.self) {
                // Unknown scopes are replaced by the resource's own; malformed ones are refused.
                _ = try await server.issueToken(scopes: ["un\"heard-of"])
            }
            #expect(refusal?.error == "invalid_scope")
            await #expect(throws: AuthorizationRefused.self) {
                _ = try await server.issueToken(subject: "no-such-user")
            }
        }
    }

    @Test("invalid options are refused by name")
    func senseless() async throws {
        var scopes = TestServer.Options()
        scopes.scopes = ["bad scope\n"]
        var lifetime = TestServer.Options()
        lifetime.accessTokenLifetime = .seconds(-5)
        for options in [scopes, lifetime] {
            await #expect(throws: ConfigurationError.self) { _ = try await TestServer.start(options) }
        }
    }

    @Test(
        "each fault shows as the answer that a resource server gets for it",
        arguments: [
            (TestServer.UpstreamFault.invalidGrant, 400, "interaction_required"),
            (.unavailable, 503, "temporarily_unavailable"),
            (.closedConnection, 503, "temporarily_unavailable"),
            (.lostAnswer, 503, "temporarily_unavailable"),
        ]
    )
    func faults(_ fault: TestServer.UpstreamFault, _ status: Int, _ error: String) async throws {
        var options = TestServer.Options()
        options.accessTokenLifetime = .seconds(86_400)
        try await TestServer.run(options) { server in
            let client = try await OAuthTestClient.registered(at: server)
            let token = try await client.tokens(at: server)["access_token"] ?? ""
            server.advance(by: .seconds(2 * 3600))
            server.failNextUpstreamTokenRequest(fault)
            let answer = try await client.exchange(token)
            #expect(answer.status == status)
            #expect(answer.error == error)
        }
    }

    @Test(
        "RI-1: what cannot be a resource stops the start",
        arguments: ["", "mcp", "/mcp", "https://mcp.example.com/#a"]
    )
    func unusableResource(_ text: String) async {
        await #expect(throws: (any Error).self) { _ = try await TestServer.start(.init(resource: text)) }
    }

    @Test("resource, scopes and lifetimes come from the options")
    func options() async throws {
        var options = TestServer.Options(resource: "https://other.example.com/mcp")
        options.scopes = ["files:read"]
        options.accessTokenLifetime = .seconds(120)
        options.upstreamTokenLifetime = nil
        try await TestServer.run(options) { server in
            var client = try await OAuthTestClient.registered(at: server)
            client.scope = "files:read offline_access"
            let tokens = try await client.tokens(at: server)
            #expect(tokens["scope"] == "files:read offline_access")
            #expect(tokens.integer("expires_in") == 120)
            let upstream = try await client.exchange(tokens["access_token"] ?? "")
            #expect(upstream.status == 200)
            #expect(upstream.integer("expires_in") == nil)
            server.advance(by: .seconds(121))
            #expect(try await client.exchange(tokens["access_token"] ?? "").error == "invalid_grant")
        }
    }
}
