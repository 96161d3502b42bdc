import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import ServerConfiguration
import Testing
import UpstreamIdentity

/// A server with an upstream whose tokens are the operator's own, and users who log in at `corp`.
struct MachineScene: Sendable {
    let server: TestServer
    let servers: OperatorServers
    let client: OAuthTestClient

    static let clientID = "gateway-robot"
    static let clientSecret = "the-robots-own-long-secret"

    /// Ada is in the group `staff`, Grace is not, and of Alan nothing is known.
    private static var users: DevelopmentIdentityProvider.Configuration {
        var ada = DevelopmentUser.ada
        ada.additionalClaims = ["groups": ["staff"]]
        var grace = DevelopmentUser.grace
        grace.additionalClaims = ["groups": ["guests"]]
        return .init(users: [ada, grace, DevelopmentUser(subject: "alan", name: "Alan Turing", numericID: 7)])
    }

    /// The rule that accepts Ada.
    static let staff = ClaimRule.claim("groups", anyOf: [ValuePattern("staff")])

    /// An upstream of `type: client_credentials`.
    static var partner: Configuration.Upstream {
        var upstream = Configuration.Upstream(name: "robot", preset: .clientCredentials, clientID: clientID)
        upstream.clientSecret = .value(SecretValue(clientSecret))
        upstream.endpoints = UpstreamEndpointOverrides(token: OperatorServers.tokenURL)
        upstream.scopes = ["orders:read", "orders:list"]
        upstream.server.resource = "https://api.partner.example/v1"
        upstream.machine.audience = "partner-api"
        upstream.login = .onDemand
        return upstream
    }

    /// An upstream of `type: github_installation`.
    static func installation() throws -> Configuration.Upstream {
        var upstream = Configuration.Upstream(name: "robot", preset: .installation, clientID: "Iv23liAppClient")
        upstream.privateKey = .value(SecretValue(try appKey.pem))
        upstream.tokenEndpointAuthMethod = .privateKeyJWT
        upstream.machine.installation = OperatorServers.installation
        upstream.login = .onDemand
        return upstream
    }

    /// The App's key, made once for the whole run.
    static var appKey: PrivateKey {
        get throws { try madeAppKey.get() }
    }
    private static let madeAppKey = Result { try PrivateKey.generate(.rs256) }

    /// Runs the body with the upstream, which the resource lists unless the body's caller says otherwise.
    static func run(
        _ upstream: Configuration.Upstream = partner,
        configure: (inout Configuration) -> Void = { _ in },
        _ body: (MachineScene) async throws -> Void
    ) async throws {
        let clock = ManualClock()
        let servers = OperatorServers(clock: clock)
        try await TestServer.run(
            clock: clock,
            provider: users,
            configure: { configuration in
                configuration.upstreams.append(upstream)
                configuration.resources[0].upstreams = ["corp", "robot"]
                configuration.tokens.accessTokenLifetime = .seconds(86_400)
                configure(&configuration)
            },
            environment: { environment in
                servers.attach(environment.transport)
                environment.transport = servers
                environment.maintainsOnTimer = false
            },
            { server in
                let client = try await OAuthTestClient.registered(at: server)
                try await body(MachineScene(server: server, servers: servers, client: client))
            }
        )
    }

    /// A user's access token.
    func accessToken(as user: String = "ada") async throws -> String {
        try await client.tokens(at: server, as: user).accessToken
    }

    /// What retrieval answers for the operator's token.
    func retrieve(_ token: String, _ changes: [String: String?] = [:]) async throws -> OAuthTestClient.Answer {
        try await client.exchange(token, audience: "robot", changes)
    }

    /// Reports the operator's token as refused by its API.
    func report(_ token: String, _ extra: [(String, String)] = []) async throws -> OAuthTestClient.Answer {
        try await client.post(
            "/oauth/report-invalid",
            [
                ("subject_token", token), ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
                ("audience", "robot"),
            ] + extra,
            authorization: OAuthTestClient.basic(TestServer.resourceServer.id, TestServer.resourceServer.secret)
        )
    }
}
