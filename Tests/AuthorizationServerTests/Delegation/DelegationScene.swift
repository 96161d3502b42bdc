import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OpenSSLCrypto
import ServerConfiguration
import Testing

/// Two MCP servers, of which the first may exchange tokens for the second's, and a gateway that is a delegate.
struct DelegationScene: Sendable {
    let server: TestServer
    let host: KeySetHost
    /// Signs as another issuer, whose tokens the gateway may exchange.
    let key: TestClientKey

    static let first = TestServer.resourceServer
    static let second = TestServer.secondResourceServer
    static let gateway = (id: "gateway", secret: "the-gateways-own-long-secret")
    static let grantType = "urn:ietf:params:oauth:grant-type:token-exchange"
    static let accessToken = "urn:ietf:params:oauth:token-type:access_token"

    static func run(
        adjust: (inout Configuration.TrustedIssuer) -> Void = { _ in },
        configure: (inout Configuration) -> Void = { _ in },
        _ body: (DelegationScene) async throws -> Void
    ) async throws {
        let host = KeySetHost()
        let key = try TestClientKey(TrustedIssuerScene.issuer)
        host.serve(key.keySet, at: TrustedIssuerScene.keysURL)
        var trusted = trustedIssuer
        adjust(&trusted)
        try await TestServer.run(
            configure: { configuration in
                TestServer.addSecondResource(&configuration)
                configuration.resources[0].delegationTargets = [TestServer.secondResource]
                configuration.resources[1].delegationTargets = [TestServer.resource]
                configuration.clients = [client]
                configuration.trustedIssuers = [trusted]
                configure(&configuration)
            },
            environment: { environment in
                host.attach(environment.transport)
                environment.transport = host
            },
            { server in try await body(DelegationScene(server: server, host: host, key: key)) }
        )
    }

    private static var trustedIssuer: Configuration.TrustedIssuer {
        var trusted = Configuration.TrustedIssuer(issuer: TrustedIssuerScene.issuer)
        trusted.keySetURI = TrustedIssuerScene.keysURL
        trusted.audiences = ["api://gatehouse"]
        var subjects = Configuration.TrustedIssuer.Subjects()
        subjects.actors = ["portal"]
        subjects.delegates = [gateway.id]
        trusted.subjects = subjects
        return trusted
    }

    private static var client: Configuration.Client {
        var client = Configuration.Client(clientID: gateway.id)
        client.tokenEndpointAuthMethod = .clientSecretBasic
        client.clientSecret = .value(SecretValue(gateway.secret))
        client.grantTypes = [.clientCredentials]
        client.isDelegate = true
        client.delegationTargets = [TestServer.resource, TestServer.secondResource]
        return client
    }

    /// An access token of a user for the first resource.
    func callersToken() async throws -> String {
        let (_, tokens) = try await server.loggedIn()
        return try #require(tokens["access_token"])
    }

    /// Exchanges a token; a change of `nil` removes a parameter.
    func exchange(
        _ token: String,
        for resource: String = TestServer.secondResource,
        as client: (id: String, secret: String) = first,
        _ changes: [String: String?] = [:]
    ) async throws -> OAuthTestClient.Answer {
        var form = [
            ("grant_type", Self.grantType), ("subject_token", token), ("subject_token_type", Self.accessToken),
            ("resource", resource),
        ]
        for (name, value) in changes.sorted(by: { $0.key < $1.key }) {
            form.removeAll { $0.0 == name }
            if let value { form.append((name, value)) }
        }
        return try await server.visitor.token(form, authorization: OAuthTestClient.basic(client.id, client.secret))
    }

    func claims(_ token: String?) throws -> JSONObject {
        try JSONParser.parseObject(try CompactJWS(parsing: try #require(token)).payload)
    }

    /// A token of the other issuer, issued to `portal` there; a change of `nil` removes a claim.
    func foreignToken(_ changes: [String: JSONValue?] = [:], type: JSONValue? = "at+jwt") throws -> String {
        var claims = key.claims(for: "api://gatehouse", now: server.clock.now(), tokenID: "j")
        claims["sub"] = "user-17"
        claims["azp"] = "portal"
        claims["scope"] = "mcp:read tools:run"
        for (name, value) in changes { claims[name] = value }
        return try key.sign(claims, header: ["typ": type])
    }
}
