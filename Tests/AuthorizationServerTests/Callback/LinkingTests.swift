import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("D-63: connecting an account does not make it a login identity")
struct LinkingTests {
    private static func run(_ body: (BrowserScene) async throws -> Void) async throws {
        func configure(_ configuration: inout Configuration) {
            // At the same issuer: its accounts are the same identities as those of the first.
            var second = configuration.upstreams[0]
            second.name = "second"
            configuration.upstreams.append(second)
            configuration.resources[0].upstreams = [TestServer.upstream, "second"]
            var only = configuration.resources[0]
            only.uri = "https://second.example.com/mcp"
            only.upstreams = ["second"]
            only.clientID = nil
            only.clientSecret = nil
            configuration.resources.append(only)
        }
        try await BrowserScene.run(configure: configure, body)
    }

    private static func subject(_ scene: BrowserScene, _ code: String?, resource: String? = nil) async throws -> String
    {
        let tokens = try await scene.client.redeem(try #require(code))
        return try #require(DecodedToken(try tokens.accessToken).claims["sub"]?.stringValue)
    }

    @Test("D-63: an account that a user connected in a second leg does not log in that user later")
    func secondLeg() async throws {
        try await Self.run { scene in
            // Ada logs in, and Grace's account is used in the second leg, for example on a shared computer.
            let second = try await scene.browser.get(
                try await scene.callbackURL(after: try await scene.approved(), as: "ada")
            )
            await scene.browser.forgetProvider(of: scene.server)
            let last = try await scene.browser.get(try await scene.callbackURL(after: second, as: "grace"))
            let ada = try await Self.subject(scene, last.redirectParameters["code"])

            // Grace herself logs in for a resource whose only provider is the second one.
            let other = scene.anotherBrowser()
            var client = scene.client
            client.resource = "https://second.example.com/mcp"
            let answer = try await client.authorize(with: other, at: scene.server, as: "grace")
            let tokens = try await client.redeem(try #require(answer["code"]))
            let grace = try DecodedToken(try tokens.accessToken).claims["sub"]?.stringValue
            #expect(grace != nil)
            #expect(grace != ada)
        }
    }

    @Test(
        "VT-2: the connection of the second leg belongs to the user of the first, even if another user has that account"
    )
    func connectionOwner() async throws {
        try await Self.run { scene in
            let second = try await scene.browser.get(
                try await scene.callbackURL(after: try await scene.approved(), as: "ada")
            )
            await scene.browser.forgetProvider(of: scene.server)
            let last = try await scene.browser.get(try await scene.callbackURL(after: second, as: "grace"))
            let tokens = try await scene.client.redeem(try #require(last.redirectParameters["code"]))
            let exchanged = try await scene.client.exchange(try tokens.accessToken, audience: "second")
            #expect(exchanged.status == 200)
            #expect(try await scene.metrics()["gatehouse_users"] == 1)
        }
    }
}

extension TestBrowser {
    /// Forgets the session at the provider, so that it asks who the user is.
    func forgetProvider(of server: TestServer) {
        for name in cookies(for: server.provider.issuer).keys { setCookie(name, nil, for: server.provider.issuer) }
    }
}
