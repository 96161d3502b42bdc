import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import Foundation
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("RFC 9728: the metadata of protected resources")
struct ProtectedResourceTests {
    private static let path = "/.well-known/oauth-protected-resource"

    private static func run(_ body: (BrowserScene) async throws -> Void) async throws {
        func resource(_ uri: String) -> Configuration.Resource {
            var resource = Configuration.Resource(uri: uri, scopes: ScopeSet(["mcp:read"]))
            resource.upstreams = [TestServer.upstream]
            return resource
        }
        func configure(_ configuration: inout Configuration) {
            var first = resource("https://one.example/mcp")
            first.name = "One & only"
            first.summary = "Notes of the team"
            first.aliases = ["https://old.example/v1"]
            first.tolerances = [.slash]
            configuration.resources = [first, resource("https://two.example/mcp"), resource("https://two.example/a/b")]
            configuration.scopeDescriptions = ["mcp:read": "read <your> notes"]
        }
        try await BrowserScene.run(configure: configure, body)
    }

    /// An answer to a request with any Host, which the guarded client would not send.
    private struct Answer {
        let status: Int
        let head: String
        let json: JSONObject

        subscript(name: String) -> String? { json[name]?.stringValue }
    }

    private static func get(
        _ scene: BrowserScene,
        _ path: String,
        host: String,
        resource: [String] = []
    ) async throws -> Answer {
        let fields = (["Host: " + host, "Connection: close"] + resource.map { "X-Gatehouse-Resource: " + $0 })
            .map { $0 + "\r\n" }.joined()
        let request = "GET \(path) HTTP/1.1\r\n\(fields)\r\n"
        let parts = try RawExchange.run(request, at: scene.server.server.addresses[0])
            .components(separatedBy: "\r\n\r\n")
        let words = parts[0].components(separatedBy: " ")
        return Answer(
            status: try #require(Int(words.count > 1 ? words[1] : "")),
            head: parts[0].lowercased(),
            json: try JSONParser.parseObject(Array((parts.count > 1 ? parts[1] : "").utf8))
        )
    }

    @Test(
        "§3.1: a document is at each form of each address, and names that address",
        arguments: [
            ("one.example", "/mcp", "https://one.example/mcp"), ("one.example", "/mcp/", "https://one.example/mcp/"),
            ("ONE.example", "/mcp", "https://one.example/mcp"), ("two.example", "/mcp", "https://two.example/mcp"),
            ("two.example", "/a/b", "https://two.example/a/b"), ("old.example", "/v1", "https://old.example/v1"),
            // The only resource with that path, although the proxy has replaced Host.
            ("elsewhere.example", "/a/b", "https://two.example/a/b"),
        ]
    )
    func document(host: String, path: String, identifier: String) async throws {
        try await Self.run { scene in
            let answer = try await Self.get(scene, Self.path + path, host: host)
            #expect(answer.status == 200)
            #expect(answer["resource"] == identifier)
            #expect(answer.json["authorization_servers"] == .strings([scene.server.issuer]))
            #expect(answer.json["bearer_methods_supported"] == ["header"])
            #expect(answer.json["scopes_supported"] == ["mcp:read"])
            #expect(answer.head.contains("access-control-allow-origin: *"))
            #expect((answer["resource_name"] == "One & only") == (host != "two.example" && path != "/a/b"))
        }
    }

    @Test("a client that looks below the path, or at the root of a host with one resource, finds it too")
    func otherPlaces() async throws {
        try await Self.run { scene in
            let below = try await Self.get(scene, "/a/b" + Self.path, host: "two.example")
            #expect(below["resource"] == "https://two.example/a/b")
            let root = try await Self.get(scene, Self.path, host: "one.example")
            #expect(root["resource"] == "https://one.example/mcp")
        }
    }

    @Test("RI-2: where several resources could be meant, none is picked")
    func ambiguous() async throws {
        try await Self.run { scene in
            for (path, host) in [("", "two.example"), ("", "elsewhere.example"), ("/mcp", "elsewhere.example")] {
                let answer = try await Self.get(scene, Self.path + path, host: host)
                #expect(answer.status == 404 && answer["resource"] == nil, "\(path) \(host)")
            }
            let named = try await Self.get(
                scene,
                Self.path + "/mcp",
                host: "elsewhere.example",
                resource: ["https://two.example/mcp"]
            )
            #expect(named["resource"] == "https://two.example/mcp")
            for resources in [["https://two.example/a/b"], ["https://two.example/mcp", "https://one.example/mcp"]] {
                let answer = try await Self.get(scene, Self.path + "/mcp", host: "one.example", resource: resources)
                #expect(answer.status == 404)
            }
        }
    }

    @Test("D-71: no Host makes the document name anything but a configured resource")
    func hostileHost() async throws {
        try await Self.run { (scene) async throws in
            for path in ["/mcp/x", "/MCP", "/a", "/a/b/c"] {
                #expect(try await Self.get(scene, Self.path + path, host: "one.example").status == 404)
            }
        }
    }

    @Test("§4: our metadata names the resources")
    func protectedResources() async throws {
        try await Self.run { scene in
            let answer = try await scene.client.send("GET", "/.well-known/oauth-authorization-server")
            #expect(
                answer.json["protected_resources"]
                    == ["https://one.example/mcp", "https://two.example/mcp", "https://two.example/a/b"]
            )
        }
    }

    @Test("FD-6: a client that names an alias or the other end gets tokens for the configured address")
    func requestedByAlias() async throws {
        try await Self.run { scene in
            for text in ["https://old.example/v1", "https://one.example/mcp/", "https://one.example/mcp"] {
                let page = try await scene.open(["resource": text])
                #expect(page.text.contains("<code>https://one.example/mcp</code>"), "\(text)")
            }
            let page = try await scene.open(["resource": "https://two.example/mcp/"])
            #expect(page.redirectParameters["error"] == "invalid_target")
        }
    }

    @Test("CO-1: the consent page has the operator's words for resource and scopes, escaped, beside the names")
    func words() async throws {
        try await Self.run { scene in
            let page = try await scene.open(["resource": "https://one.example/mcp", "scope": "mcp:read"])
            #expect(page.text.contains("<strong>One &amp; only</strong> <code>https://one.example/mcp</code>"))
            #expect(page.text.contains("Notes of the team"))
            #expect(page.text.contains("read &lt;your&gt; notes <code>mcp:read</code>"))
        }
    }
}
