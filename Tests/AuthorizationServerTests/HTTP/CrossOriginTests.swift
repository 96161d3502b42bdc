import AuthorizationServerTesting
import OAuthProtocol
import Testing

@Suite("The Fetch standard's CORS protocol (CX-1, AZ-18, D-78)")
struct CrossOriginTests {
    private static let open = [
        "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration", "/.well-known/jwks.json",
        "/oauth/token", "/oauth/register", "/oauth/revoke", "/oauth/userinfo",
    ]
    private static let closed = ["/oauth/authorize", "/oauth/consent", "/oauth/confirm", "/oauth/callback/corp"]
    private static let preflight = [
        (name: "origin", value: "http://localhost:6274"), (name: "access-control-request-method", value: "POST"),
        (name: "access-control-request-headers", value: "authorization,content-type,mcp-protocol-version"),
    ]

    @Test("CX-1: preflights of the open endpoints are 204 with what MCP Inspector asks for, and without credentials")
    func preflights() async throws {
        try await BrowserScene.run { scene in
            for path in Self.open {
                let answer = try await scene.client.send("OPTIONS", path, headerFields: Self.preflight)
                #expect(answer.status == 204, "\(path)")
                #expect(answer.header("access-control-allow-origin") == "*", "\(path)")
                let headers = answer.header("access-control-allow-headers") ?? ""
                for name in ["authorization", "content-type", "mcp-protocol-version", "dpop"] {
                    #expect(headers.contains(name), "\(path) \(name)")
                }
                let method = path.hasPrefix("/oauth/") ? "POST" : "GET"
                #expect(answer.header("access-control-allow-methods")?.contains(method) == true, "\(path)")
                #expect(answer.header("access-control-allow-credentials") == nil, "\(path)")
            }
        }
    }

    @Test("CX-1: successes and errors alike can be read by any origin, never with credentials")
    func answers() async throws {
        try await BrowserScene.run { scene in
            let origin = [(name: "origin", value: "https://inspector.example")]
            let json = origin + [(name: "content-type", value: "application/json")]
            let form = origin + [(name: "content-type", value: "application/x-www-form-urlencoded")]
            let registration: JSONObject = ["redirect_uris": ["http://127.0.0.1/cb"]]
            let good = registration.serialized()
            var answers: [(Int, OAuthTestClient.Answer)] = []
            for path in Self.open.prefix(3) {
                answers.append((200, try await scene.client.send("GET", path, headerFields: origin)))
            }
            for (status, path, fields, body) in [
                (201, "/oauth/register", json, good), (400, "/oauth/register", json, Array("{}".utf8)),
                (400, "/oauth/register", form, good), (400, "/oauth/token", form, Array("grant_type=x".utf8)),
                (401, "/oauth/token", form, Array("grant_type=refresh_token&refresh_token=x&client_id=no".utf8)),
                (400, "/oauth/token", json, Array("{}".utf8)),
                (401, "/oauth/revoke", form, Array("token=x&client_id=no".utf8)),
            ] {
                answers.append(
                    (status, try await scene.client.send("POST", path, headerFields: fields, body: body))
                )
            }
            for (status, answer) in answers {
                #expect(answer.status == status)
                #expect(answer.header("access-control-allow-origin") == "*")
                #expect(answer.header("access-control-allow-credentials") == nil)
                #expect(answer.header("access-control-expose-headers")?.contains("WWW-Authenticate") == true)
            }
        }
    }

    @Test("AZ-18, D-78: authorize, consent and callback refuse preflights and never name an origin")
    func closedPaths() async throws {
        try await BrowserScene.run { scene in
            for path in Self.closed {
                let refused = try await scene.client.send("OPTIONS", path, headerFields: Self.preflight)
                #expect(refused.status == 403, "\(path)")
                #expect(!refused.headerFields.contains { $0.name.lowercased().hasPrefix("access-control-") }, "\(path)")
            }
            let origin = [(name: "origin", value: scene.server.issuer)]
            let ticket = try await scene.ticket()
            let pages = [
                try await scene.open(headerFields: origin),
                try await scene.open(["client_id": "x"], headerFields: origin),
                try await scene.open(["response_type": "token"], headerFields: origin),
                try await scene.answer("x", headerFields: origin), try await scene.answer(ticket, headerFields: origin),
                try await scene.browser.get(scene.server.issuer + "/oauth/callback/corp?state=x", headerFields: origin),
            ]
            for page in pages {
                #expect(!page.headerFields.contains { $0.name.lowercased().hasPrefix("access-control-") })
            }
        }
    }

    @Test("CX-1: introspection is for servers: no preflight, no origin")
    func introspection() async throws {
        try await BrowserScene.run { scene in
            for method in ["OPTIONS", "POST"] {
                let answer = try await scene.client.send(method, "/oauth/introspect", headerFields: Self.preflight)
                #expect(answer.status >= 400)
                #expect(!answer.headerFields.contains { $0.name.lowercased().hasPrefix("access-control-") })
            }
        }
    }

    @Test("Unknown paths and the management listener name no origin")
    func elsewhere() async throws {
        try await BrowserScene.run { scene in
            for url in [
                scene.server.issuer + "/nothing", scene.server.managementURL + "/metrics",
                scene.server.managementURL + "/health/live", scene.server.managementURL + "/admin/audit",
            ] {
                for method in ["GET", "OPTIONS"] {
                    let answer = try await scene.client.send(method, url, headerFields: Self.preflight)
                    #expect(
                        !answer.headerFields.contains { $0.name.lowercased().hasPrefix("access-control-") },
                        "\(url)"
                    )
                }
            }
        }
    }
}
