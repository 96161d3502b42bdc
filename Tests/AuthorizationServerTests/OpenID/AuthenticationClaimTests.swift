import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import ServerConfiguration
import Testing
import UpstreamIdentity

/// JW-1, OP-1, OP-5: `auth_time`, `acr` and `amr` are the identity provider's, and absent where it sends none.
@Suite("Claims about the authentication in our tokens")
struct AuthenticationClaimTests {
    private typealias Claims = (access: JSONObject, id: JSONObject)

    private static let names = ["auth_time", "acr", "amr"]

    /// The same provider, spoken to as one that knows plain OAuth 2.0 only.
    private static func plain(_ upstream: inout Configuration.Upstream) {
        guard let issuer = upstream.issuer else { return }
        upstream.preset = .oauth2
        upstream.issuer = nil
        upstream.endpoints = .init(
            authorization: issuer + "/authorize",
            token: issuer + "/token",
            userInfo: .init(endpoint: issuer + "/userinfo")
        )
    }

    private static func provider(_ claims: JSONObject) -> DevelopmentIdentityProvider.Configuration {
        var ada = DevelopmentUser.ada
        ada.additionalClaims = claims
        var provider = DevelopmentIdentityProvider.Configuration()
        provider.users = [ada]
        return provider
    }

    private static func claims(_ answer: OAuthTestClient.Answer, _ server: TestServer) async throws -> Claims {
        (
            try OpenIDScene.claims(ofAccessToken: try #require(answer["access_token"])),
            try await OpenIDScene.claims(of: try #require(answer["id_token"]), at: server)
        )
    }

    @Test("JW-1, OP-5: acr and amr of the provider are in every token of the session, and in introspection")
    func known() async throws {
        let said: JSONObject = ["acr": "urn:mfa", "amr": ["pwd", "otp"]]
        try await TestServer.run(provider: Self.provider(said)) { server in
            let client = try await OpenIDScene.client(at: server)
            let time = Int(server.clock.now().secondsSinceEpoch)
            let first = try await client.tokens(at: server)
            server.clock.advance(by: .seconds(60))
            let second = try await client.refresh(try #require(first["refresh_token"]))
            for answer in [first, second] {
                let claims = try await Self.claims(answer, server)
                for token in [claims.access, claims.id] {
                    #expect(token["acr"] == "urn:mfa" && token["amr"] == ["pwd", "otp"])
                    #expect(token["auth_time"]?.integerValue == time)
                }
                let introspected = try await server.visitor.introspect(try #require(answer["access_token"]))
                #expect(introspected.json["acr"] == "urn:mfa")
            }
        }
    }

    @Test(
        "JW-1: a malformed acr or amr is in no token",
        arguments: [["acr": 1, "amr": "pwd"], [:]] as [JSONObject]
    )
    func unknown(said: JSONObject) async throws {
        try await TestServer.run(provider: Self.provider(said)) { server in
            let client = try await OpenIDScene.client(at: server)
            let claims = try await Self.claims(try await client.tokens(at: server), server)
            for token in [claims.access, claims.id] { #expect(token["acr"] == nil && token["amr"] == nil) }
        }
    }

    @Test("OP-5: a provider that does not say when the user logged in yields tokens that do not say it either")
    func untold() async throws {
        try await TestServer.run(provider: Self.provider(["auth_time": .null])) { server in
            let client = try await OpenIDScene.client(at: server)
            let first = try await client.tokens(at: server)
            let second = try await client.refresh(try #require(first["refresh_token"]))
            for answer in [first, second] {
                let claims = try await Self.claims(answer, server)
                #expect(claims.access["auth_time"] == nil && claims.id["auth_time"] == nil)
            }
            let browser = TestBrowser(transport: server.transport)
            let refused = try await client.authorize(with: browser, at: server, ["max_age": "300"])
            #expect(refused["code"] == nil && refused["error"] == "login_required")
        }
    }

    @Test("OP-5, JW-1: with an OAuth 2.0 provider no time, level or method is made up, whatever its userinfo says")
    func plainOAuth() async throws {
        try await TestServer.run(
            provider: Self.provider(["auth_time": 1, "acr": "urn:mfa", "amr": ["pwd"]]),
            configure: { Self.plain(&$0.upstreams[0]) }
        ) { server in
            let client = try await OpenIDScene.client(at: server)
            let browser = TestBrowser(transport: server.transport)
            // AZ-19: ignoring prompt=login is safe because no claim of the tokens says that it was honoured.
            let answer = try await client.authorize(with: browser, at: server, ["prompt": "login"])
            let claims = try await Self.claims(try await client.redeem(try #require(answer["code"])), server)
            for name in Self.names { #expect(claims.access[name] == nil && claims.id[name] == nil, "\(name)") }
        }
    }

    @Test("OP-5, AZ-19: max_age with an OAuth 2.0 provider is login_required, before the user is asked anything")
    func plainOAuthMaximumAge() async throws {
        try await TestServer.run(configure: { Self.plain(&$0.upstreams[0]) }) { server in
            let client = try await OpenIDScene.client(at: server)
            for age in ["0", "300"] {
                let browser = TestBrowser(transport: server.transport)
                let page = try await browser.get(client.authorizationURL(["max_age": age]))
                #expect(page.status == 302)
                let parameters = OAuthTestClient.parameters(of: page.header("location") ?? "")
                #expect(parameters["error"] == "login_required" && parameters["iss"] == server.issuer)
            }
            #expect(server.provider.capturedRequests(on: .authorization).isEmpty)
        }
    }

    @Test("OP-5: after a provider that identifies the user, one without identities may still be connected")
    func connectedBesides() async throws {
        let configure: (inout Configuration) -> Void = { configuration in
            var second = configuration.upstreams[0]
            second.name = "second"
            Self.plain(&second)
            configuration.upstreams.append(second)
            configuration.resources[0].upstreams = [TestServer.upstream, "second"]
        }
        try await TestServer.run(configure: configure) { server in
            let client = try await OpenIDScene.client(at: server)
            let browser = TestBrowser(transport: server.transport)
            let time = Int(server.clock.now().secondsSinceEpoch)
            let answer = try await client.authorize(with: browser, at: server, ["max_age": "300"])
            let claims = try await Self.claims(try await client.redeem(try #require(answer["code"])), server)
            #expect(claims.access["auth_time"]?.integerValue == time)
        }
    }

    @Test("OP-5: behind one that does not say, a second provider's time is not taken for the user's")
    func otherProvidersTime() async throws {
        let configure: (inout Configuration) -> Void = { configuration in
            var first = configuration.upstreams[0]
            first.name = "first"
            Self.plain(&first)
            configuration.upstreams.append(first)
            configuration.resources[0].upstreams = ["first", TestServer.upstream]
        }
        try await TestServer.run(provider: Self.provider(["acr": "urn:mfa"]), configure: configure) { server in
            let client = try await OpenIDScene.client(at: server)
            let claims = try await Self.claims(try await client.tokens(at: server), server)
            for name in Self.names { #expect(claims.access[name] == nil && claims.id[name] == nil, "\(name)") }
        }
    }
}
