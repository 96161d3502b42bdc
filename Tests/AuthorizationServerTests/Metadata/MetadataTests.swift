import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("RFC 8414, OpenID Connect Discovery 1.0: the metadata documents")
struct MetadataTests {
    private static func paths(_ issuerPath: String) -> [String] {
        let names = ["oauth-authorization-server", "openid-configuration"]
        guard !issuerPath.isEmpty else { return names.map { "/.well-known/\($0)" } }
        return names.map { "/.well-known/\($0)\(issuerPath)" } + ["\(issuerPath)/.well-known/openid-configuration"]
    }

    private static func run(issuerPath: String, _ body: (BrowserScene) async throws -> Void) async throws {
        func configure(_ configuration: inout Configuration) throws {
            configuration.issuer = try Issuer(configuration.issuer.text + issuerPath)
        }
        try await BrowserScene.run(configure: configure, body)
    }

    @Test("MD-1, MD-2, MD-3: the same document at every address of the issuer", arguments: ["", "/t1", "/a/b"])
    func documents(_ issuerPath: String) async throws {
        try await Self.run(issuerPath: issuerPath) { scene in
            var texts: Set<String> = []
            for path in Self.paths(issuerPath) {
                // MD-10: clients send their protocol version with everything.
                let page = try await scene.browser.get(
                    scene.base + path,
                    headerFields: [("mcp-protocol-version", "2026-07-28")]
                )
                #expect(page.status == 200, "\(path)")
                #expect(page.header("content-type") == "application/json", "\(path)")
                #expect(page.header("cache-control") == "public, max-age=3600", "\(path)")
                #expect(page.header("access-control-allow-origin") == "*", "\(path)")
                #expect(page.header("access-control-allow-credentials") == nil, "\(path)")
                texts.insert(page.text)
            }
            #expect(texts.count == 1)
            let json = try JSONParser.parseObject(Array(try #require(texts.first).utf8))
            #expect(json["issuer"]?.stringValue == scene.server.issuer)
            #expect(json["jwks_uri"]?.stringValue == scene.server.issuer + "/.well-known/jwks.json")
            #expect(json["authorization_endpoint"]?.stringValue == scene.server.issuer + "/oauth/authorize")
        }
    }

    @Test("MD-2: a whole flow at an issuer with a path")
    func flowWithPath() async throws {
        try await Self.run(issuerPath: "/t1") { scene in
            #expect(scene.server.issuer.hasSuffix("/t1"))
            let answer = try await scene.authorize()
            #expect(answer["iss"] == scene.server.issuer)
            #expect(try await scene.client.redeem(try #require(answer["code"])).status == 200)
            for path in ["/oauth/authorize", "/oauth/token", "/oauth/register", "/.well-known/jwks.json"] {
                #expect(try await scene.browser.get(scene.base + path).status == 404, "\(path)")
            }
        }
    }

    @Test("MD-4: unknown well-known paths are 404 in JSON, of whatever shape")
    func unknownPaths() async throws {
        try await BrowserScene.run { scene in
            for path in [
                "/.well-known/", "/.well-known", "/.well-known/oauth-protected-resource/other", "/.well-known/other",
                "/.well-known/oauth-authorization-server/", "/.well-known/oauth-authorization-server/t1",
                "/.well-known/openid-configuration/t1", "/t1/.well-known/openid-configuration",
                "/.well-known/OAuth-Authorization-Server", "/.well-known/openid-configuration.json", "/",
                "/favicon.ico",
            ] {
                let answer = try await scene.client.send("GET", scene.base + path)
                #expect(answer.status == 404, "\(path)")
                #expect(answer.error == "not_found", "\(path)")
                #expect(answer.header("content-type") == "application/json", "\(path)")
            }
        }
    }

    @Test("MD-5: every field that clients need, with the values that they look for")
    func fields() async throws {
        try await BrowserScene.run { scene in
            let json = try await scene.client.send("GET", "/.well-known/oauth-authorization-server").json
            func list(_ name: String) -> [String]? { json[name]?.stringArrayValue }
            #expect(list("response_types_supported") == ["code"])
            #expect(list("response_modes_supported") == ["query"])
            #expect(list("code_challenge_methods_supported") == ["S256"])
            #expect(list("token_endpoint_auth_methods_supported")?.contains("none") == true)
            #expect(list("subject_types_supported") == ["public"])
            #expect(list("id_token_signing_alg_values_supported")?.contains("RS256") == true)
            #expect(list("scopes_supported")?.contains("offline_access") == true)
            #expect(json["authorization_response_iss_parameter_supported"]?.boolValue == true)
            for grant in [
                "authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:token-exchange",
            ] {
                #expect(list("grant_types_supported")?.contains(grant) == true, "\(grant)")
            }
            for never in ["implicit", "password"] {
                #expect(list("grant_types_supported")?.contains(never) == false)
            }
        }
    }

    @Test("MD-7: no null anywhere, and every advertised endpoint is there")
    func onlyWhatWorks() async throws {
        try await BrowserScene.run { scene in
            let json = try await scene.client.send("GET", "/.well-known/openid-configuration").json
            #expect(!JSONValue.object(json).serializedString().contains("null"))
            for (name, value) in json.members where name.hasSuffix("_endpoint") || name == "jwks_uri" {
                let url = try #require(value.stringValue)
                #expect(url.hasPrefix(scene.server.issuer + "/"), "\(name)")
                #expect(try await scene.client.send("GET", url).status != 404, "\(name)")
            }
        }
    }

    @Test("MD-7, CR-13: without registration there is neither the field nor the endpoint")
    func withoutRegistration() async throws {
        func configure(_ configuration: inout Configuration) { configuration.registration.isDynamic = false }
        try await TestServer.run(configure: configure) { server in
            let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
            let json = try await client.send("GET", "/.well-known/oauth-authorization-server").json
            #expect(json["registration_endpoint"] == nil)
            #expect(try await client.register(["redirect_uris": ["http://127.0.0.1/cb"]]).status == 404)
            #expect(try await client.send("OPTIONS", "/oauth/register").status == 404)
        }
    }

    @Test("MD-8, D-71: no header changes a byte of it")
    func headers() async throws {
        try await BrowserScene.run { scene in
            let url = scene.server.issuer + "/.well-known/oauth-authorization-server"
            let text = try await scene.browser.get(url).text
            let attempts: [[(name: String, value: String)]] = [
                [("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "https")],
                [("forwarded", "host=evil.example;proto=https")], [("x-original-url", "/evil")],
                [("x-forwarded-prefix", "/evil")], [("x-rewrite-url", "/evil")],
            ]
            for fields in attempts {
                let page = try await scene.browser.get(url, headerFields: fields)
                #expect(page.status == 200, "\(fields)")
                #expect(page.text == text, "\(fields)")
            }
        }
    }

    @Test("RFC 9110 §9.3.2: HEAD is GET without the body, at metadata and keys")
    func head() async throws {
        try await BrowserScene.run { scene in
            for path in ["/.well-known/oauth-authorization-server", "/.well-known/jwks.json"] {
                let get = try await scene.client.send("GET", path)
                let head = try await scene.client.send("HEAD", path)
                #expect(head.status == 200)
                #expect(head.json.members.isEmpty)
                for name in ["content-type", "cache-control", "etag", "content-length", "access-control-allow-origin"] {
                    #expect(head.header(name) == get.header(name), "\(name)")
                }
            }
        }
    }
}
