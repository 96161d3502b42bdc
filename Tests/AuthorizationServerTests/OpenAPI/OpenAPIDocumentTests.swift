import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("OpenAPI: the description of the surface is true (MD-7)")
struct OpenAPIDocumentTests {
    static func document(at server: TestServer) async throws -> JSONObject {
        let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
        return try await client.send("GET", "/openapi.json").json
    }

    @Test("every described path is served: none answers 404, and another method is 405")
    func served() async throws {
        try await TestServer.run { server in
            let paths = try #require(try await Self.document(at: server)["paths"]?.objectValue)
            #expect(paths.count >= 16)
            let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
            for (path, item) in paths.members {
                let methods = Set(item.objectValue?.names ?? [])
                let target = path.replacing("{upstream}", with: TestServer.upstream)
                    .replacing("{id}", with: "some-id").replacing("{link}", with: "some-link")
                    .replacing("{client_id}", with: "some-client")
                for method in ["get", "post", "delete"] {
                    let answer = try await client.send(method.uppercased(), target)
                    if methods.contains(method) {
                        let declared = item.objectValue?[method]?.objectValue?["responses"]?.objectValue?.names ?? []
                        #expect(declared.contains(String(answer.status)), "\(method) \(path): \(answer.status)")
                        // A page says that there is no such link; an unknown path is answered in JSON.
                        let isPage = answer.header("content-type")?.hasPrefix("text/html") ?? false
                        #expect(answer.status != 404 || isPage && path.hasSuffix("{link}"), "\(method) \(path)")
                    } else {
                        #expect(answer.status == 405, "\(method) \(path): \(answer.status)")
                    }
                }
            }
        }
    }

    @Test("what proxies ask is described where it is public, and only there")
    func forwardAuth() async throws {
        for secret in [nil, SecretReference.value(SecretValue("a-secret-that-only-the-proxy-knows"))] {
            try await TestServer.run(configure: { $0.forwardAuth.secret = secret }) { server in
                let paths = try #require(try await Self.document(at: server)["paths"]?.objectValue)
                #expect((paths["/forward-auth"] != nil) == (secret != nil))
                let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
                for method in paths["/forward-auth"]?.objectValue?.names ?? [] {
                    #expect(try await client.send(method.uppercased(), "/forward-auth").status == 403, "\(method)")
                }
            }
        }
    }

    @Test("what is advertised is described, and what is switched off is not")
    func features() async throws {
        let off: (inout Configuration) -> Void = {
            $0.registration.isDynamic = false
            $0.scopes = ScopeSet(["mcp:read"])
        }
        try await TestServer.run(configure: off) { server in
            let paths = try await Self.document(at: server)["paths"]?.objectValue?.names ?? []
            #expect(!paths.contains("/oauth/register") && !paths.contains("/oauth/userinfo"))
            let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
            let metadata = try await client.send("GET", "/.well-known/oauth-authorization-server").json
            for member in metadata.members where member.name.hasSuffix("_endpoint") || member.name == "jwks_uri" {
                let path = String((member.value.stringValue ?? "").dropFirst(server.issuer.count))
                #expect(paths.contains(path), "\(member.name)")
            }
        }
    }

    @Test("every reference leads to a schema, and every operation has a name of its own")
    func references() async throws {
        try await TestServer.run { server in
            let document = try await Self.document(at: server)
            let schemas = Set(document["components"]?.objectValue?["schemas"]?.objectValue?.names ?? [])
            let text = document.serializedString()
            let references = text.split(separator: "#/components/schemas/").dropFirst().map { $0.prefix { $0 != "\"" } }
            #expect(!references.isEmpty && references.allSatisfy { schemas.contains(String($0)) })
            let operations = (document["paths"]?.objectValue?.members ?? [])
                .flatMap { $0.value.objectValue?.members ?? [] }
                .compactMap { $0.value.objectValue?["operationId"]?.stringValue }
            #expect(Set(operations).count == operations.count)
            #expect(document["servers"] == [["url": .string(server.issuer)]])
        }
    }
}
