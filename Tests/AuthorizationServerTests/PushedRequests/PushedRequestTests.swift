import AuthorizationServer
import AuthorizationServerTesting
import OAuthClientKit
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("RFC 9126: pushed authorization requests")
struct PushedRequestTests {
    private static let secret = "the-web-clients-own-long-secret"

    private static func run(
        mustPush: Bool = false,
        _ body: (TestServer, OAuthTestClient) async throws -> Void
    ) async throws {
        try await TestServer.run(configure: { configuration in
            var web = Configuration.Client(clientID: "web")
            web.redirectURIs = ["http://127.0.0.1/callback"]
            web.tokenEndpointAuthMethod = .clientSecretPost
            web.clientSecret = .value(SecretValue(secret))
            web.mustPushRequests = mustPush
            configuration.clients = [web]
        }) { server in
            var client = server.visitor
            client.id = "web"
            client.secret = secret
            try await body(server, client)
        }
    }

    private static func push(
        _ client: OAuthTestClient,
        _ changes: [String: String?] = [:],
        secret: String? = secret
    ) async throws -> OAuthTestClient.Answer {
        let proof = secret.map { [("client_secret", $0)] } ?? []
        return try await client.post("/oauth/par", client.authorizationParameters(changes) + proof)
    }

    private static func address(_ client: OAuthTestClient, _ reference: String, as id: String? = nil) -> String {
        client.issuer + "/oauth/authorize?"
            + FormParameters.serialize([("client_id", id ?? client.id), ("request_uri", reference)])
    }

    private static func finish(
        _ page: TestBrowser.Page,
        _ client: OAuthTestClient,
        _ browser: TestBrowser,
        _ server: TestServer
    ) async throws -> [String: String] {
        let form = [("ticket", page.hiddenFields["ticket"] ?? ""), ("decision", "approve")]
        let next = try await browser.post(server.issuer + "/oauth/consent", form: form)
        return try await client.finish(next, with: browser, at: server)
    }

    @Test("PA-1: a pushed request leads to a code, once; opening its address twice before is harmless")
    func completes() async throws {
        try await Self.run { server, client in
            let pushed = try await Self.push(client)
            #expect(pushed.status == 201 && pushed.integer("expires_in") == 90)
            let reference = try #require(pushed["request_uri"])
            #expect(reference.hasPrefix("urn:ietf:params:oauth:request_uri:"))
            let browser = TestBrowser(transport: server.transport)
            let first = try await browser.get(Self.address(client, reference))
            let second = try await browser.get(Self.address(client, reference))
            #expect(first.status == 200 && second.status == 200)
            let answer = try await Self.finish(first, client, browser, server)
            #expect(answer["state"] == "state-123" && answer["iss"] == server.issuer)
            #expect(try await client.redeem(try #require(answer["code"])).status == 200)
            let again = try await Self.finish(second, client, browser, server)
            #expect(again["error"] == "invalid_request" && again["code"] == nil)
        }
    }

    @Test("PA-1: the address adds nothing to what was pushed")
    func addressIsIgnored() async throws {
        try await Self.run { server, client in
            let reference = try #require(try await Self.push(client, ["scope": "mcp:read"])["request_uri"])
            let browser = TestBrowser(transport: server.transport)
            let extra = FormParameters.serialize([
                ("scope", "mcp:write"), ("state", "forged"), ("redirect_uri", "https://evil.example"),
            ])
            let page = try await browser.get(Self.address(client, reference) + "&" + extra)
            let answer = try await Self.finish(page, client, browser, server)
            #expect(answer["state"] == "state-123")
            let tokens = try await client.redeem(try #require(answer["code"]))
            #expect(tokens["scope"] == "mcp:read")
        }
    }

    @Test(
        "PA-1, CA-6: a push with something wrong gets no reference",
        arguments: [
            (["client_id": "missing"], "invalid_client"),
            (["redirect_uri": "https://evil.example/cb"], "invalid_request"),
            (["response_type": "token"], "unsupported_response_type"), (["code_challenge": nil], "invalid_request"),
            (["code_challenge_method": "plain"], "invalid_request"), (["scope": "nothing:known"], "invalid_scope"),
            (["resource": "https://nowhere.example"], "invalid_target"),
            (["request": "e30.e30."], "request_not_supported"),
            (["request_uri": "urn:ietf:params:oauth:request_uri:x"], "invalid_request"),
            (["state": String(repeating: "x", count: 2049)], "invalid_request"),
            (
                ["login_hint": String(repeating: "x", count: 2000), "nonce": String(repeating: "y", count: 2000)],
                "invalid_request"
            ),
        ] as [([String: String?], String)]
    )
    func refused(changes: [String: String?], error: String) async throws {
        try await Self.run { _, client in
            let answer = try await Self.push(client, changes)
            #expect(answer.error == error && answer["request_uri"] == nil, "\(answer.json)")
        }
    }

    @Test("PA-1, CA-6: a client that has a secret must send it, and the right one")
    func authentication() async throws {
        try await Self.run { (_, client) async throws in
            #expect(try await Self.push(client, secret: nil).isError(401, "invalid_client"))
            #expect(try await Self.push(client, secret: "guess").isError(401, "invalid_client"))
        }
    }

    @Test("PA-1: an expired, foreign or made-up reference is a page, and no redirect")
    func references() async throws {
        try await Self.run { server, client in
            let stranger = try await OAuthTestClient.registered(at: server)
            let browser = TestBrowser(transport: server.transport)
            let reference = try #require(try await Self.push(client)["request_uri"])
            for address in [
                Self.address(client, reference, as: stranger.id), Self.address(client, reference + "x"),
                Self.address(client, "urn:ietf:params:oauth:request_uri:x"),
                server.issuer + "/oauth/authorize?" + FormParameters.serialize([("request_uri", reference)]),
            ] {
                let page = try await browser.get(address)
                #expect(page.status == 400 && page.header("location") == nil, "\(address)")
            }
            server.clock.advance(by: .seconds(90))
            let late = try await browser.get(Self.address(client, reference))
            #expect(late.status == 400 && late.header("location") == nil)
        }
    }

    @Test("PA-1: a client that must push cannot do without, and the metadata names the endpoint")
    func required() async throws {
        try await Self.run(mustPush: true) { server, client in
            let browser = TestBrowser(transport: server.transport)
            let direct = try await browser.get(client.authorizationURL())
            #expect(OAuthTestClient.parameters(of: direct.header("location") ?? "")["error"] == "invalid_request")
            let reference = try #require(try await Self.push(client)["request_uri"])
            #expect(try await browser.get(Self.address(client, reference)).status == 200)
            let metadata = try await client.send("GET", "/.well-known/oauth-authorization-server").json
            #expect(metadata["pushed_authorization_request_endpoint"]?.stringValue == server.issuer + "/oauth/par")
        }
    }

    @Test("ui_locales of a pushed request chooses the pages’ language, and one beside the reference does not")
    func pushedLanguage() async throws {
        try await Self.run { server, client in
            let accepting = [(name: "accept-language", value: "fr")]
            let browser = TestBrowser(transport: server.transport)
            let reference = try #require(try await Self.push(client, ["ui_locales": "xx de-CH"])["request_uri"])
            let address = Self.address(client, reference)
            let page = try await browser.get(address + "&ui_locales=ja", headerFields: accepting)
            #expect(page.status == 200 && page.text.contains("<html lang=\"de\">"))
            // For the rest of the login, too.
            let form = [("ticket", "none"), ("decision", "approve")]
            let url = server.issuer + "/oauth/consent"
            let refused = try await browser.post(url, form: form, headerFields: accepting)
            #expect(refused.text.contains("<html lang=\"de\">"))
            // Without the parameter, and with a reference that is not ours, the browser's language counts.
            let plain = try #require(try await Self.push(client)["request_uri"])
            for reference in [plain, "urn:ietf:params:oauth:request_uri:nonsense"] {
                let page = try await TestBrowser(transport: server.transport)
                    .get(Self.address(client, reference) + "&ui_locales=ja", headerFields: accepting)
                #expect(page.text.contains("<html lang=\"fr\">"))
            }
        }
    }
}
