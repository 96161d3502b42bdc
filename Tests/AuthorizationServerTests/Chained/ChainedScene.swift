import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import ServerConfiguration
import Testing
import UpstreamIdentity

/// A gateway with an upstream of `type: chained`: its identity provider issues identity assertions, and a second
/// Gatehouse is the foreign authorization server that redeems them.
struct ChainedScene: Sendable {
    let gateway: TestServer
    let foreign: TestServer
    let provider: AssertionProvider
    let client: OAuthTestClient

    /// The foreign resource.
    static let resource = "https://wiki.example.com/mcp"

    /// Starts everything, runs the body, and stops everything.
    static func run(
        upstream change: (inout Configuration.Upstream) -> Void = { _ in },
        _ body: (ChainedScene) async throws -> Void
    ) async throws {
        let clock = ManualClock()
        let provider = try AssertionProvider(issuer: TrustedIssuerScene.issuer, clock: clock)
        let keys = KeySetHost()
        keys.serve(provider.key.keySet, at: TrustedIssuerScene.keysURL)
        try await TestServer.run(
            clock: clock,
            configure: { configuration in
                var trusted = TrustedIssuerScene.trustedIssuer
                trusted.workloads = []
                trusted.identityAssertions?.resources = [resource]
                configuration.resources[0].uri = resource
                configuration.trustedIssuers = [trusted]
                configuration.clients = [gatewayClient]
            },
            environment: { environment in
                keys.attach(environment.transport)
                environment.transport = keys
            },
            { foreign in
                try await TestServer.run(
                    clock: clock,
                    configure: { configuration in
                        var wiki = upstream(of: foreign)
                        change(&wiki)
                        configuration.upstreams.append(wiki)
                        configuration.resources[0].upstreams = ["corp", "wiki"]
                        configuration.tokens.accessTokenLifetime = .seconds(86_400)
                    },
                    environment: { environment in
                        provider.attach(environment.transport)
                        environment.transport = provider
                        // A turn between two steps of a test could refresh the connection.
                        environment.maintainsOnTimer = false
                    },
                    { gateway in
                        let client = try await OAuthTestClient.registered(at: gateway)
                        let scene = ChainedScene(gateway: gateway, foreign: foreign, provider: provider, client: client)
                        try await body(scene)
                    }
                )
            }
        )
    }

    private static var gatewayClient: Configuration.Client {
        var client = Configuration.Client(clientID: AssertionProvider.client.id)
        client.tokenEndpointAuthMethod = .clientSecretBasic
        client.clientSecret = .value(SecretValue(AssertionProvider.client.secret))
        client.grantTypes = [.jwtBearer]
        return client
    }

    private static func upstream(of foreign: TestServer) -> Configuration.Upstream {
        var wiki = Configuration.Upstream(
            name: "wiki",
            preset: .chained,
            issuer: foreign.issuer,
            clientID: AssertionProvider.client.id
        )
        wiki.clientSecret = .value(SecretValue(AssertionProvider.client.secret))
        wiki.source = "corp"
        wiki.server.resource = resource
        wiki.scopes = ["mcp:read"]
        wiki.login = .onDemand
        wiki.allowsInsecureHTTP = true
        wiki.allowsPrivateNetwork = true
        return wiki
    }

    /// A user's access token at the gateway.
    func accessToken() async throws -> String {
        try #require(try await client.tokens(at: gateway)["access_token"])
    }

    /// What retrieval answers for the foreign server's token.
    func retrieve(_ token: String, _ changes: [String: String?] = [:]) async throws -> OAuthTestClient.Answer {
        try await client.exchange(token, audience: "wiki", changes)
    }

    /// What a resource server of the foreign Gatehouse sees of a token.
    func introspect(_ token: String) async throws -> OAuthTestClient.Answer {
        let server = OAuthTestClient(
            issuer: foreign.issuer,
            transport: foreign.transport,
            resource: ChainedScene.resource
        )
        return try await server.introspect(token)
    }

    /// Reports a token as refused by the foreign API.
    func report(_ token: String, _ extra: [(String, String)] = []) async throws -> OAuthTestClient.Answer {
        try await client.post(
            "/oauth/report-invalid",
            [
                ("subject_token", token), ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
                ("audience", "wiki"),
            ] + extra,
            authorization: OAuthTestClient.basic(TestServer.resourceServer.id, TestServer.resourceServer.secret)
        )
    }
}
