import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing

@Suite("Clients, keys and logouts in other packages’ tests")
struct HarnessClientTests {
    private static let secret = "the-secret-of-a-configured-client-of-a-test"

    @Test("a configured client logs in with its secret, and with no other")
    func configured() async throws {
        var options = TestServer.Options()
        options.clients = [.init("portal", secret: Self.secret), .init("kiosk")]
        let known = options.clients
        try await withGatehouse(options) { (server) async throws in
            for configured in known {
                let client = OAuthTestClient.configured(configured, at: server)
                let token = try await client.tokens(at: server).require(200)["access_token"]
                #expect(HarnessTokenTests.claims(of: token ?? "")?["client_id"]?.stringValue == configured.id)
            }
            var thief = OAuthTestClient.configured(known[0], at: server)
            thief.secret = "another-secret-of-a-configured-client"
            #expect(try await thief.tokens(at: server).error == "invalid_client")
        }
        options.clients = [.init("portal"), .init("portal")]
        await #expect(throws: ConfigurationError.self) { _ = try await TestServer.start(options) }
    }

    @Test("a client registers with a name, redirect URIs and a secret; a refused registration says why")
    func registered() async throws {
        try await withGatehouse { (server) async throws in
            let client = try await OAuthTestClient.registered(
                at: server,
                name: "Portal",
                redirectURIs: ["https://portal.example/callback"],
                secret: true
            )
            #expect(client.secret?.isEmpty == false)
            try await client.tokens(at: server).require(200)
            #expect(client.authorizationURL().contains("portal.example"))
            let refusal = await #expect(throws: UnexpectedAnswer.self) {
                _ = try await OAuthTestClient.registered(at: server, name: "X", redirectURIs: ["javascript:alert(1)"])
            }
            #expect(refusal?.error == "invalid_redirect_uri")
            let metadata = try await client.send("GET", "/.well-known/oauth-authorization-server")
            #expect(metadata["issuer"] == server.issuer)
        }
    }

    @Test("a user who says no is what the client is answered")
    func denied() async throws {
        try await withGatehouse { (server) async throws in
            let client = try await OAuthTestClient.registered(at: server)
            #expect(try await client.denied(at: server).error == "access_denied")
        }
    }

    @Test("keys rotate here and at the provider, and tokens of the old one remain valid")
    func rotation() async throws {
        try await withGatehouse { (server) async throws in
            let token = try await server.issueToken()
            let key = server.server.keys.current.active.keyID
            try await server.rotateKeys()
            #expect(server.server.keys.current.active.keyID != key)
            #expect(server.problems(of: token).isEmpty)
            try server.rotateUpstreamKeys()
            // The server bounds how often an unknown kid causes a fetch.
            server.advance(by: .seconds(3600))
            _ = try await server.issueToken()
        }
    }

    @Test("a sign-out at the provider ends the user's sessions")
    func signOut() async throws {
        try await withGatehouse { (server) async throws in
            let (ada, grace) = (try await server.issueToken(), try await server.issueToken(subject: "grace"))
            let client = try await OAuthTestClient.registered(at: server)
            try await server.signOutAtUpstream("ada")
            #expect(try await client.introspect(ada).boolean("active") == false)
            #expect(try await client.introspect(grace).boolean("active") == true)
        }
    }
}
