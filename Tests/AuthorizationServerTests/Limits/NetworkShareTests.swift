import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import ServerConfiguration
import SocketHTTP
import Testing

@Suite("S-25, S-03: the network that fills a table is the one that is refused")
struct NetworkShareTests {
    private static func configure(_ configuration: inout Configuration) {
        configuration.trustedProxies = [AddressRange(.loopback, prefixLength: 8)]
    }

    private func approve(_ scene: BrowserScene, from source: String) async throws -> Int {
        try await scene.answer(try await scene.ticket(), headerFields: [("x-forwarded-for", source)]).status
    }

    /// Whether an approval leads to the provider; a refused login leads back to the client, with an error.
    private func begins(_ scene: BrowserScene, from source: String) async throws -> Bool {
        let page = try await scene.answer(try await scene.ticket(), headerFields: [("x-forwarded-for", source)])
        return page.header("location")?.hasPrefix(scene.server.provider.issuer + "/") == true
    }

    @Test("S-25: used consent pages of one /48 fill the table for that network only")
    func tickets() async throws {
        try await BrowserScene.run(
            configure: Self.configure,
            environment: { $0.storeLimits.approvedTicketsMax = 16 }
        ) { (scene) async throws in
            for number in 0..<8 { #expect(try await approve(scene, from: "2001:db8:1:\(number)::1") == 303) }
            for number in 8..<16 { #expect(try await approve(scene, from: "2001:db8:1:\(number)::1") == 503) }
            for source in ["2001:db8:2::1", "203.0.113.1", "203.0.113.2"] {
                #expect(try await approve(scene, from: source) == 303, "\(source)")
            }
            scene.server.clock.advance(by: .seconds(660))
            #expect(try await approve(scene, from: "2001:db8:1::1") == 303)
        }
    }

    @Test("S-25: abandoned logins of one network fill the table for that network only")
    func logins() async throws {
        try await BrowserScene.run(
            configure: Self.configure,
            environment: { $0.storeLimits.pendingAuthorizationsMax = 16 }
        ) { (scene) async throws in
            for _ in 0..<8 { #expect(try await begins(scene, from: "203.0.113.1")) }
            #expect(try await !begins(scene, from: "203.0.113.1"))
            for source in ["203.0.113.2", "2001:db8::1"] {
                #expect(try await begins(scene, from: source), "\(source)")
            }
            #expect(try await scene.metrics()["gatehouse_pending_authorizations"] == 10)
        }
    }

    private func register(
        _ server: TestServer,
        _ metadata: JSONObject,
        from source: String = "203.0.113.1"
    ) async throws -> OAuthTestClient.Answer {
        try await server.visitor.send(
            "POST",
            "/oauth/register",
            headerFields: [("content-type", "application/json"), ("x-forwarded-for", source)],
            body: metadata.serialized()
        )
    }

    @Test("S-03: a flood of registrations evicts its own; a client of a minute ago from another network stays")
    func registrations() async throws {
        try await TestServer.run(
            configure: Self.configure,
            environment: { $0.storeLimits.neverUsedClientBytesMax = 64 << 10 }
        ) { server in
            let metadata: JSONObject = ["redirect_uris": ["https://client.example.com/cb"]]
            let honest = try await register(server, metadata, from: "198.51.100.7")
            let id = try #require(honest["client_id"])
            for number in 0..<200 {
                let answer = try await register(server, metadata, from: "2001:db8:1:\(number)::1")
                #expect(answer.status == 201)
            }
            #expect(await server.server.stores.clients.client(id) != nil)
            #expect(await server.server.stores.clients.count < 70)
            server.clock.advance(by: .seconds(86_401))
            await server.server.stores.sweep(now: server.clock.now(), limit: 1000)
            #expect(await server.server.stores.clients.count == 0)
        }
    }

    @Test("S-03: metadata is at most 4 KiB, and keys are kept only for a client that proves itself with them")
    func metadata() async throws {
        let key = try TestClientKey("x")
        try await TestServer.run { server in
            let long = "https://client.example.com/" + String(repeating: "p", count: 1200)
            let uris = (0..<4).map { JSONValue.string(long + "\($0)") }
            let refused = try await register(server, ["redirect_uris": .array(uris)])
            #expect(refused.isError(400, "invalid_client_metadata"))
            let accepted = try await register(server, ["redirect_uris": .array(Array(uris.prefix(3)))])
            #expect(accepted.status == 201)
            for method in ["none", "client_secret_post", "private_key_jwt"] {
                let answer = try await register(
                    server,
                    [
                        "redirect_uris": ["https://client.example.com/cb"], "jwks": .object(key.keySet),
                        "token_endpoint_auth_method": .string(method),
                    ]
                )
                #expect(answer.status == 201)
                let usesKeys = method == "private_key_jwt"
                #expect((answer.json["jwks"] != nil) == usesKeys)
                let client = await server.server.stores.clients.client(answer["client_id"] ?? "")
                #expect((client?.keySet != nil) == usesKeys)
            }
        }
    }
}
