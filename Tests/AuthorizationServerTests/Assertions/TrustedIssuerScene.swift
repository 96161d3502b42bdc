import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import ServerConfiguration
import Testing

/// A server that trusts one issuer, whose key set a test host serves.
struct TrustedIssuerScene: Sendable {
    let server: TestServer
    let host: KeySetHost
    let key: TestClientKey
    /// A client of the configuration with the grant.
    let client = (id: "assistant", secret: "the-assistants-own-long-secret")

    static let issuer = "https://idp.corp.example"
    static let keysURL = "https://idp.corp.example/keys"
    static let jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    static let workload = "system:serviceaccount:ci:builder"

    /// Starts a server, by default with identity assertions and one workload.
    static func run(
        adjust: (inout Configuration.TrustedIssuer) -> Void = { _ in },
        configure: (inout Configuration) -> Void = { _ in },
        environment prepare: (inout ServerEnvironment) -> Void = { _ in },
        _ body: (TrustedIssuerScene) async throws -> Void
    ) async throws {
        let host = KeySetHost()
        let key = try TestClientKey(issuer)
        host.serve(key.keySet, at: keysURL)
        var trusted = trustedIssuer
        adjust(&trusted)
        try await TestServer.run(
            configure: { configuration in
                configuration.trustedIssuers = [trusted]
                configuration.clients = [assistant]
                configure(&configuration)
            },
            environment: { environment in
                prepare(&environment)
                host.attach(environment.transport)
                environment.transport = host
            },
            { server in try await body(TrustedIssuerScene(server: server, host: host, key: key)) }
        )
    }

    static var trustedIssuer: Configuration.TrustedIssuer {
        var trusted = Configuration.TrustedIssuer(issuer: issuer)
        trusted.keySetURI = keysURL
        var assertions = Configuration.TrustedIssuer.IdentityAssertions()
        assertions.resources = [TestServer.resource]
        trusted.identityAssertions = assertions
        var job = Configuration.TrustedIssuer.Workload()
        job.subject = ValuePattern(workload)
        job.client = "ci"
        job.resources = [TestServer.resource]
        job.scopes = ScopeSet(["mcp:read"])
        trusted.workloads = [job]
        return trusted
    }

    private static var assistant: Configuration.Client {
        var client = Configuration.Client(clientID: "assistant")
        client.tokenEndpointAuthMethod = .clientSecretPost
        client.clientSecret = .value(SecretValue("the-assistants-own-long-secret"))
        client.grantTypes = [.jwtBearer]
        return client
    }

    /// The claims of a good identity assertion, with changes.
    func identityClaims(_ changes: [String: JSONValue?] = [:]) -> JSONObject {
        var claims = claims(subject: "user-17", audience: server.issuer)
        claims["client_id"] = .string(client.id)
        claims["resource"] = .string(TestServer.resource)
        claims["scope"] = "mcp:read mcp:write"
        for (name, value) in changes { claims[name] = value }
        return claims
    }

    /// The claims of a good workload assertion, with changes.
    func workloadClaims(_ changes: [String: JSONValue?] = [:]) -> JSONObject {
        var claims = claims(subject: Self.workload, audience: server.issuer + "/oauth/token")
        for (name, value) in changes { claims[name] = value }
        return claims
    }

    func claims(subject: String, audience: String) -> JSONObject {
        var claims = key.claims(
            for: audience,
            now: server.clock.now(),
            tokenID: Base64URL.encode(SystemRandomSource().bytes(12))
        )
        claims["sub"] = .string(subject)
        return claims
    }

    func sign(_ claims: JSONObject, type: JSONValue?) throws -> String {
        try key.sign(claims, header: ["typ": type])
    }

    func identityAssertion(_ changes: [String: JSONValue?] = [:]) throws -> String {
        try sign(identityClaims(changes), type: "oauth-id-jag+jwt")
    }

    func workloadAssertion(_ changes: [String: JSONValue?] = [:]) throws -> String {
        try sign(workloadClaims(changes), type: "JWT")
    }

    /// Presents an identity assertion as the client; a change of `nil` removes a parameter.
    func present(_ assertion: String, _ changes: [String: String?] = [:]) async throws -> OAuthTestClient.Answer {
        var form = [
            ("grant_type", Self.jwtBearer), ("assertion", assertion), ("client_id", client.id),
            ("client_secret", client.secret),
        ]
        for (name, value) in changes.sorted(by: { $0.key < $1.key }) {
            form.removeAll { $0.0 == name }
            if let value { form.append((name, value)) }
        }
        return try await server.visitor.token(form)
    }

    /// Presents a workload's assertion without client authentication; a change of `nil` removes a parameter.
    func presentWorkload(_ assertion: String, _ changes: [String: String?] = [:]) async throws -> OAuthTestClient.Answer
    {
        var all: [String: String?] = ["client_id": nil, "client_secret": nil, "resource": TestServer.resource]
        for (name, value) in changes { all[name] = value }
        return try await present(assertion, all)
    }

    /// The claims of an issued access token.
    func claims(of answer: OAuthTestClient.Answer) throws -> JSONObject {
        try JSONParser.parseObject(try CompactJWS(parsing: try #require(answer["access_token"])).payload)
    }

    /// How often the issuer's keys were fetched.
    var fetchCount: Int { host.requests.filter { $0.url == Self.keysURL }.count }
}
