import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import Testing

extension TestServer {
    /// The code that a user's login brought to a client.
    func issuedCode(
        for client: OAuthTestClient,
        as user: String = "ada",
        _ changes: [String: String?] = [:]
    ) async throws -> String {
        let browser = TestBrowser(transport: transport)
        let answer = try await client.authorize(with: browser, at: self, as: user, changes)
        return try #require(answer["code"], "no code: \(answer)")
    }

    /// A registered public client and the tokens of its user.
    func loggedIn(as user: String = "ada") async throws -> (client: OAuthTestClient, tokens: OAuthTestClient.Answer) {
        let client = try await OAuthTestClient.registered(at: self)
        let tokens = try await client.tokens(at: self, as: user)
        try #require(tokens.status == 200)
        return (client, tokens)
    }

    /// A registered client that has a secret.
    func confidentialClient(
        _ method: String,
        redirectURI: String = "https://app.example.com/callback"
    ) async throws -> (client: OAuthTestClient, secret: String) {
        var client = OAuthTestClient(issuer: issuer, transport: transport, resource: TestServer.resource)
        client.redirectURI = redirectURI
        let answer = try await client.register([
            "client_name": "Web application", "redirect_uris": [.string(redirectURI)],
            "token_endpoint_auth_method": .string(method),
        ])
        client.id = try #require(answer["client_id"])
        return (client, try #require(answer["client_secret"]))
    }

    /// The audit events so far.
    func auditEvents(_ name: String) throws -> [JSONObject] {
        try auditLog.all.map { try JSONParser.parseObject(Array($0.utf8)) }.filter { $0["event"]?.stringValue == name }
    }

    /// Adds a second resource with its own server to a configuration.
    static func addSecondResource(_ configuration: inout Configuration) {
        var tools = Configuration.Resource(uri: secondResource, scopes: ScopeSet(["tools:run", "mcp:read"]))
        tools.upstreams = []
        tools.clientID = secondResourceServer.id
        tools.clientSecret = .value(SecretValue(secondResourceServer.secret))
        configuration.resources.append(tools)
        configuration.scopes = configuration.scopes.union(ScopeSet(["tools:run"]))
    }

    /// The second resource.
    static let secondResource = "https://tools.example.com/mcp"
    /// Its server as a client.
    static let secondResourceServer = (id: "tools-server", secret: "tools-server-secret-for-tests")
}

extension OAuthTestClient {
    /// Sends a form with further header fields.
    func post(
        _ form: [(String, String)],
        _ headerFields: [(name: String, value: String)] = [],
        to path: String = "/oauth/token"
    ) async throws -> Answer {
        try await send(
            "POST",
            path,
            headerFields: [("content-type", "application/x-www-form-urlencoded")] + headerFields,
            body: Array(FormParameters.serialize(form).utf8)
        )
    }
}

extension OAuthTestClient.Answer {
    /// The `access_token`, which has to be there.
    var accessToken: String {
        get throws { try #require(self["access_token"], "no access token: \(status) \(error ?? "")") }
    }

    /// The `refresh_token`, which has to be there.
    var refreshToken: String {
        get throws { try #require(self["refresh_token"], "no refresh token: \(status) \(error ?? "")") }
    }

    /// Whether this is the JSON error that RFC 6749 §5.2 wants: status, code, no cache, printable description.
    func isError(_ status: Int, _ code: String) -> Bool {
        guard let description = self["error_description"] else { return false }
        let isPrintable = description.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
        return self.status == status && error == code && isPrintable && header("cache-control") == "no-store"
            && header("content-type") == "application/json" && self["access_token"] == nil
    }
}

/// The header and the claims of a token, not verified.
struct DecodedToken {
    let header: JSONObject
    let claims: JSONObject

    init(_ token: String) throws {
        let parts = token.split(separator: ".").map(String.init)
        try #require(parts.count == 3)
        header = try JSONParser.parseObject(try #require(Base64URL.decode(parts[0])))
        claims = try JSONParser.parseObject(try #require(Base64URL.decode(parts[1])))
    }
}

/// Runs the same request many times at once.
func race<Result: Sendable>(
    _ count: Int,
    _ body: @escaping @Sendable () async throws -> Result
) async throws -> [Result] {
    try await withThrowingTaskGroup(of: Result.self) { group in
        for _ in 0..<count {
            group.addTask { try await body() }
        }
        var results: [Result] = []
        for try await result in group {
            results.append(result)
        }
        return results
    }
}
