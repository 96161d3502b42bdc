import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import ServerConfiguration
import SocketHTTP
import Testing

/// Clients as they are in the field: their callbacks, their metadata, their scopes, and the resource they forget.
@Suite("Clients as they are")
struct ClientsAsTheyAreTests {
    private func register(_ body: String, at server: TestServer) async throws -> OAuthTestClient.Answer {
        let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
        return try await client.send(
            "POST",
            "/oauth/register",
            headerFields: [("content-type", "application/json")],
            body: Array(body.utf8)
        )
    }

    @Test(
        "C-1: known programs register, log in, and are named on the consent page",
        arguments: [
            (
                "vscode://saoudrizwan.claude-dev/mcp-auth/callback/5f2d9c0e7a",
                "the extension saoudrizwan.claude-dev in Visual Studio Code (the application that owns vscode:)"
            ),
            ("warp://mcp/oauth2callback", "Warp (the application that owns warp:)"),
            ("raycast://oauth?package_name=x", "Raycast (the application that owns raycast:)"),
            ("claude://claude.ai/mcp-auth-callback/sdk", "Claude (the application that owns claude:)"),
        ]
    )
    func knownPrograms(redirectURI: String, named: String) async throws {
        try await BrowserScene.run(redirectURIs: [redirectURI]) { scene in
            let page = try await scene.open()
            #expect(page.status == 200)
            #expect(page.text.contains(named))
            let url = try await scene.callbackURL(after: try await scene.approved())
            let answer = try await scene.browser.get(url)
            #expect(answer.header("location")?.hasPrefix(redirectURI + (redirectURI.contains("?") ? "&" : "?")) == true)
            let code = try #require(answer.redirectParameters["code"])
            #expect(try await scene.client.redeem(code).status == 200)
        }
    }

    @Test("C-1: Warp's server_id is accepted behind its registered callback, and the code is bound to it")
    func addedParameter() async throws {
        try await BrowserScene.run(redirectURIs: ["warp://mcp/oauth2callback"]) { scene in
            let requested = "warp://mcp/oauth2callback?server_id=65aebdca-613a"
            let url = try await scene.callbackURL(after: try await scene.approved(["redirect_uri": requested]))
            let answer = try await scene.browser.get(url)
            #expect(answer.header("location")?.hasPrefix(requested + "&code=") == true)
            let code = try #require(answer.redirectParameters["code"])
            #expect(try await scene.client.redeem(code).error == "invalid_grant")
            #expect(try await scene.client.redeem(code, ["redirect_uri": requested]).status == 200)
            for other in ["?server_id=a&x=1", "?other=1", "/x?server_id=a"] {
                let page = try await scene.open(["redirect_uri": "warp://mcp/oauth2callback" + other])
                #expect(page.status == 400 && page.header("location") == nil, "\(other)")
            }
        }
    }

    @Test("C-1: switched off, only the operator's own list counts; its patterns accept what is below them")
    func operatorsList() async throws {
        try await TestServer.run(configure: {
            $0.registration.acceptsKnownPrograms = false
            $0.registration.allowedPrivateUseRedirects = ["acme://login/oauth/*"]
        }) { (server) async throws in
            func status(_ uri: String) async throws -> Int {
                try await register(#"{"redirect_uris":["\#(uri)"]}"#, at: server).status
            }
            #expect(try await status("acme://login/oauth/callback") == 201)
            for refused in [
                "warp://mcp/oauth2callback", "cursor://anysphere.cursor-mcp/oauth/callback", "acme://evil/oauth/cb",
                "acme://login/oauth/../cb", "acme:",
            ] {
                #expect(try await status(refused) == 400, "\(refused)")
            }
        }
    }

    @Test(
        "C-2: a chat on loopback with a relative policy and a numeric version registers; the answer says what was kept"
    )
    func shownMetadata() async throws {
        try await TestServer.run { server in
            let answer = try await register(
                #"""
                {"client_name":"Chat","client_name#ja":5,"redirect_uris":["http://127.0.0.1/cb"],"client_uri":"http://localhost:3080",
                 "logo_uri":"http://chat.lan/logo.png","policy_uri":"/privacy","tos_uri":"https://chat.example/terms",
                 "contacts":["ops@chat.example"],"software_version":3,"software_id":"chat","scope":"mcp:read"}
                """#,
                at: server
            )
            #expect(answer.status == 201)
            for left in ["client_uri", "logo_uri", "policy_uri", "software_version", "client_name#ja"] {
                #expect(answer.json[left] == nil, "\(left)")
            }
            #expect(answer["client_name"] == "Chat" && answer["software_id"] == "chat")
            #expect(answer["tos_uri"] == "https://chat.example/terms")
            #expect(answer.json["contacts"] == ["ops@chat.example"])
            let id = try #require(answer["client_id"])
            #expect(await server.server.stores.clients.client(id)?.uri == nil)
        }
    }

    @Test("C-2: a metadata document with members that cannot be shown is a client all the same")
    func documents() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run { (server) async throws in
                let url = host.publish {
                    $0["logo_uri"] = "http://169.254.169.254/latest/meta-data"
                    $0["client_uri"] = "/about"
                    $0["software_version"] = 3
                }
                let client = OAuthTestClient.documented(url, at: server)
                #expect(try await client.tokens(at: server).status == 200)
                // D-88: nothing of it is fetched.
                #expect(host.requests.map(\.path) == ["/client.json"])
            }
        }
    }

    @Test("C-3: a client that asks only for scopes of another server gets the resource's own, shown on the page")
    func unknownScopes() async throws {
        try await BrowserScene.run { scene in
            let page = try await scene.open(["scope": "claudeai api:everything"])
            #expect(page.status == 200)
            #expect(page.text.contains("<code>mcp:read</code>") && page.text.contains("<code>mcp:write</code>"))
            #expect(!page.text.contains("claudeai"))
            let url = try await scene.callbackURL(after: try await scene.approved(["scope": "claudeai"]))
            let code = try #require(try await scene.browser.get(url).redirectParameters["code"])
            let tokens = try await scene.client.redeem(code)
            #expect(tokens["scope"] == "mcp:read mcp:write")
        }
    }

    @Test("C-3: where the resource has no scopes of its own, the client gets the error, with the scope named")
    func nothingToGrant() async throws {
        try await BrowserScene.run(configure: { $0.resources[0].scopes = ScopeSet(["openid"]) }) { scene in
            let page = try await scene.open(["scope": "claudeai"])
            let answer = page.redirectParameters
            #expect(answer["error"] == "invalid_scope")
            #expect(answer["error_description"]?.contains("claudeai") == true)
            #expect((answer["error_description"] ?? "").utf8.count <= 120)
        }
    }

    @Test("C-3: a client of the operator's gets the error, and a bad syntax is an error for every client")
    func preRegistered() async throws {
        try await BrowserScene.run(configure: { configuration in
            var client = Configuration.Client(clientID: "cli")
            client.redirectURIs = ["http://127.0.0.1/callback"]
            configuration.clients = [client]
        }) { scene in
            let known = try await scene.open(["client_id": "cli", "redirect_uri": nil, "scope": "claudeai"])
            #expect(known.redirectParameters["error"] == "invalid_scope")
            let page = try await scene.open(["scope": "a\"b"])
            #expect(page.redirectParameters["error"] == "invalid_scope")
        }
    }

    @Test("C-6: the answer to a registration names what can be granted, and a login with it succeeds")
    func registeredScopes() async throws {
        try await TestServer.run { server in
            let answer = try await register(
                #"{"redirect_uris":["http://127.0.0.1/callback"],"scope":"claudeai","token_endpoint_auth_method":"none"}"#,
                at: server
            )
            #expect(answer["scope"] == "mcp:read mcp:write")
            var client = OAuthTestClient(
                issuer: server.issuer,
                transport: server.transport,
                resource: TestServer.resource
            )
            client.id = try #require(answer["client_id"])
            client.scope = answer["scope"]
            #expect(try await client.tokens(at: server).status == 200)
            let mixed = try await register(
                #"{"redirect_uris":["http://127.0.0.1/cb"],"scope":"claudeai openid mcp:write address"}"#,
                at: server
            )
            #expect(mixed["scope"] == "openid mcp:write")
        }
    }

    private static let other = "https://other.example.com/mcp"

    private static func withOther(_ defaultResource: String?) -> (inout Configuration) -> Void {
        { configuration in
            configuration.resources.append(Configuration.Resource(uri: other, scopes: ScopeSet(["mcp:read"])))
            configuration.defaultResource = defaultResource
        }
    }

    @Test("C-4: with several resources, a request that names none means the default; one that names another gets it")
    func defaultResource() async throws {
        try await BrowserScene.run(configure: Self.withOther("https://OTHER.example.com/mcp")) { scene in
            let page = try await scene.open(["resource": nil])
            #expect(page.status == 200 && page.text.contains("<code>\(Self.other)</code>"))
            let named = try await scene.open()
            #expect(named.text.contains("<code>\(TestServer.resource)</code>"))
            let unknown = try await scene.open(["resource": "https://third.example/mcp"])
            #expect(unknown.redirectParameters["error"] == "invalid_target")
        }
    }

    @Test("C-4: without a default, several resources still need to be named")
    func noDefaultResource() async throws {
        try await BrowserScene.run(configure: Self.withOther(nil)) { scene in
            let page = try await scene.open(["resource": nil])
            #expect(page.redirectParameters["error"] == "invalid_target")
        }
    }

    @Test("N-8: on loopback a hundred documents of one host are fetched")
    func manyDocuments() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run { server in
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 0..<100 {
                        let client = OAuthTestClient.documented(host.publish(at: "/\(number).json"), at: server)
                        group.addTask {
                            try await TestBrowser(transport: server.transport).get(client.authorizationURL()).status
                        }
                    }
                    for try await status in group { #expect(status == 200) }
                }
                #expect(host.requests.count == 100)
            }
        }
    }

    @Test("N-8: a rate that the operator sets holds, on loopback too")
    func fewDocuments() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run(configure: { $0.limits.fetchesPerHost = .init(burst: 3, perMinute: 1) }) {
                server in
                var statuses: [Int] = []
                for number in 0..<4 {
                    let client = OAuthTestClient.documented(host.publish(at: "/\(number).json"), at: server)
                    let browser = TestBrowser(transport: server.transport)
                    statuses.append(try await browser.get(client.authorizationURL()).status)
                }
                #expect(statuses == [200, 200, 200, 429])
            }
        }
    }
}
