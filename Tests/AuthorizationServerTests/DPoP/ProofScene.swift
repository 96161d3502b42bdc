import AuthorizationServer
import AuthorizationServerTesting
import OAuthClientKit
import OAuthProtocol
import OpenSSLCrypto
import ServerConfiguration
import Testing

/// A client with a key, at a server with a confidential client beside it.
struct ProofScene {
    let server: TestServer
    /// A public client that registered itself.
    let client: OAuthTestClient
    let key: TestProofKey

    static let batch = (id: "batch", secret: "the-batch-clients-own-long-secret")
    static let proxy = (name: "x-gatehouse-proxy-secret", value: "the-proxys-own-secret-for-tests")

    static func run(
        configure: (inout Configuration) throws -> Void = { _ in },
        _ body: (ProofScene) async throws -> Void
    ) async throws {
        try await TestServer.run(configure: { configuration in
            var machine = Configuration.Client(clientID: batch.id)
            machine.tokenEndpointAuthMethod = .clientSecretPost
            machine.clientSecret = .value(SecretValue(batch.secret))
            machine.grantTypes = [.clientCredentials]
            configuration.clients = [machine]
            configuration.forwardAuth.secret = .value(SecretValue(proxy.value))
            try configure(&configuration)
        }) { server in
            let client = try await OAuthTestClient.registered(at: server)
            try await body(ProofScene(server: server, client: client, key: try TestProofKey()))
        }
    }

    var tokenURL: String { server.issuer + "/oauth/token" }

    /// A fresh proof for the token endpoint.
    func proof(
        by other: TestProofKey? = nil,
        claims: [String: JSONValue?] = [:],
        header: [String: JSONValue?] = [:]
    ) throws -> String {
        try (other ?? key).proof("POST", tokenURL, now: server.clock.now(), claims: claims, header: header)
    }

    /// Posts a form with `DPoP` header fields.
    func post(
        _ path: String,
        _ form: [(String, String)],
        proofs: [String]
    ) async throws -> OAuthTestClient.Answer {
        try await client.send(
            "POST",
            path,
            headerFields: [(name: "content-type", value: "application/x-www-form-urlencoded")]
                + proofs.map { (name: "dpop", value: $0) },
            body: Array(FormParameters.serialize(form).utf8)
        )
    }

    func code(_ changes: [String: String?] = [:]) async throws -> String {
        let browser = TestBrowser(transport: server.transport)
        let page = try await browser.get(client.authorizationURL(changes))
        let form = [("ticket", page.hiddenFields["ticket"] ?? ""), ("decision", "approve")]
        let next = try await browser.post(server.issuer + "/oauth/consent", form: form)
        return try #require(try await client.finish(next, with: browser, at: server)["code"])
    }

    func post(_ form: [(String, String)], proofs: [String]) async throws -> OAuthTestClient.Answer {
        try await post("/oauth/token", form, proofs: proofs)
    }

    /// Tokens for a code, with a proof of the scene's key.
    func tokens(_ changes: [String: String?] = [:]) async throws -> OAuthTestClient.Answer {
        let answer = try await post(client.redemption(try await code(changes)), proofs: [try proof()])
        #expect(answer.status == 200 && answer["token_type"] == "DPoP")
        return answer
    }

    func refresh(_ token: String, proofs: [String]) async throws -> OAuthTestClient.Answer {
        try await post(
            [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", client.id)],
            proofs: proofs
        )
    }

    var machineForm: [(String, String)] {
        [
            ("grant_type", "client_credentials"), ("client_id", Self.batch.id), ("client_secret", Self.batch.secret),
            ("scope", "mcp:read"),
        ]
    }

    /// Sends a request with a token, and a proof if the scheme is `DPoP`.
    func get(
        _ url: String,
        _ token: String,
        scheme: String = "DPoP",
        method: String = "GET",
        proofs: [String],
        _ extra: [(name: String, value: String)] = []
    ) async throws -> OAuthTestClient.Answer {
        try await client.send(
            method,
            url,
            headerFields: [(name: "authorization", value: scheme + " " + token)]
                + proofs.map { (name: "dpop", value: $0) } + extra
        )
    }

    /// The claims of a token of ours.
    static func claims(_ token: String) throws -> JSONObject {
        let payload = token.split(separator: ".")[1]
        return try JSONParser.parseObject(try #require(Base64URL.decode(String(payload))))
    }

    static func boundKey(_ token: String?) throws -> String? {
        try claims(try #require(token))["cnf"]?.objectValue?["jkt"]?.stringValue
    }
}
