import AuthorizationServerTesting
import DevelopmentIdentityProvider
import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration
import Testing
import UpstreamIdentity

@testable import AuthorizationServer

@Suite("FD-10: what a remembered consent was given for, where only the operator can change it")
struct ConsentKeyTests {
    /// A policy over a resource that needs these upstreams, with these scopes at each.
    private static func policy(_ server: TestServer, _ upstreams: [(String, [String])]) throws -> ConsentPolicy {
        let issuer = server.server.configuration.issuer
        let providers = try upstreams.map { name, scopes in
            var configuration = TestServer.upstreamConfiguration(name: name, issuer: server.provider.issuer)
            configuration.scopes = scopes
            return try UpstreamProvider(
                configuration: configuration.providerConfiguration(issuer: issuer),
                transport: server.transport,
                timeSource: server.clock,
                random: SystemRandomSource(),
                logger: Logger(label: "test")
            )
        }
        return ConsentPolicy(
            mode: .remember,
            sessions: server.server.stores.sessions,
            logins: BrowserLogins(
                sealing: try BrowserLoginSealing(secret: Array(repeating: 1, count: 32), random: SystemRandomSource()),
                cookies: BrowserCookies(issuer: issuer),
                users: server.server.stores.vault
            ),
            resources: ResourceCatalogue([
                ProtectedResource(
                    uri: TestServer.resource,
                    scopes: ScopeSet(["mcp:read"]),
                    upstreams: upstreams.map(\.0),
                    clientID: nil
                )
            ]),
            upstreams: UpstreamDirectory(providers)
        )
    }

    private static func request() throws -> AuthorizationRequest {
        AuthorizationRequest(
            clientID: "dcr_x",
            redirectURI: "https://client.example.com/cb",
            state: nil,
            codeChallenge: CodeChallenge(verifier: try #require(CodeVerifier(String(repeating: "v", count: 43)))),
            scopes: ScopeSet(["mcp:read"]),
            resource: TestServer.resource
        )
    }

    @Test("D-55: another upstream, or another scope there, is another consent; the order of scopes is none")
    func upstreams() async throws {
        try await TestServer.run { server in
            let userID = UserID(random: SystemRandomSource())
            func key(_ upstreams: [(String, [String])]) throws -> SHA256Digest {
                try Self.policy(server, upstreams).key(try Self.request(), userID: userID)
            }
            let base = try key([("corp", ["openid", "email"])])
            #expect(try key([("corp", ["openid", "email"])]) == base)
            #expect(try key([("corp", ["email", "openid"])]) == base)
            #expect(try key([("corp", ["openid", "email", "admin"])]) != base)
            #expect(try key([("corp", ["openid"])]) != base)
            #expect(try key([("other", ["openid", "email"])]) != base)
            #expect(try key([("corp", ["openid", "email"]), ("other", ["openid"])]) != base)
        }
    }

    @Test("D-55: another scheme or host of the redirect is another consent, another port on loopback is not")
    func redirects() async throws {
        try await TestServer.run { server in
            let userID = UserID(random: SystemRandomSource())
            let policy = try Self.policy(server, [("corp", ["openid"])])
            func key(_ redirectURI: String) throws -> SHA256Digest {
                var request = try Self.request()
                request.redirectURI = redirectURI
                return policy.key(request, userID: userID)
            }
            #expect(try key("http://127.0.0.1:1/cb") == key("http://127.0.0.1:2/cb"))
            #expect(try key("http://127.0.0.1:1/cb") != key("http://localhost:1/cb"))
            #expect(try key("https://a.example/cb") != key("https://b.example/cb"))
            #expect(try key("com.example.a:/cb") != key("com.example.b:/cb"))
            #expect(try key("cursor://host/cb") != key("https://host/cb"))
        }
    }
}
