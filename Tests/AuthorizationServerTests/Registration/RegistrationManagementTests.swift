import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration
import Testing

@Suite("CR-12: RFC 7592, a client manages its registration")
struct RegistrationManagementTests {
    /// A client that registered itself, with the address and the token of its registration.
    private struct Scene {
        let server: TestServer
        var client: OAuthTestClient
        let answer: OAuthTestClient.Answer
        let url: String
        let token: String

        func send(
            _ method: String,
            _ token: String?,
            _ body: JSONObject? = nil,
            url: String? = nil
        ) async throws -> OAuthTestClient.Answer {
            var fields: [(name: String, value: String)] = []
            if let token { fields.append((name: "authorization", value: "Bearer \(token)")) }
            if body != nil { fields.append((name: "content-type", value: "application/json")) }
            return try await client.send(
                method,
                url ?? self.url,
                headerFields: fields,
                body: body?.serialized() ?? []
            )
        }

        func metadata(_ changes: JSONObject = [:]) -> JSONObject {
            var json: JSONObject = [
                "client_id": .string(client.id), "client_name": "Notes", "token_endpoint_auth_method": "none",
                "redirect_uris": [.string(client.redirectURI)],
            ]
            for (name, value) in changes.members { json[name] = value }
            return json
        }
    }

    private static func run(
        method: String = "none",
        configure: (inout Configuration) throws -> Void = { _ in },
        environment: (inout ServerEnvironment) throws -> Void = { _ in },
        _ body: (Scene) async throws -> Void
    ) async throws {
        try await TestServer.run(configure: configure, environment: environment) { server in
            var client = OAuthTestClient(
                issuer: server.issuer,
                transport: server.transport,
                resource: TestServer.resource
            )
            let answer = try await client.register([
                "client_name": "Notes", "redirect_uris": [.string(client.redirectURI)],
                "token_endpoint_auth_method": .string(method),
            ])
            client.id = try #require(answer["client_id"])
            try await body(
                Scene(
                    server: server,
                    client: client,
                    answer: answer,
                    url: try #require(answer["registration_client_uri"]),
                    token: try #require(answer["registration_access_token"])
                )
            )
        }
    }

    @Test("a read returns what was registered, with the same token, and to browsers too")
    func read() async throws {
        try await Self.run { scene in
            #expect(scene.url == scene.server.issuer + "/oauth/register/" + scene.client.id)
            let answer = try await scene.send("GET", scene.token)
            #expect(answer.status == 200)
            #expect(answer["registration_access_token"] == scene.token)
            for member in ["client_id", "client_name", "token_endpoint_auth_method", "scope", "application_type"] {
                #expect(answer[member] == scene.answer[member], "\(member)")
            }
            #expect(answer.json["redirect_uris"] == scene.answer.json["redirect_uris"])
            #expect(answer.header("access-control-allow-origin") == "*")
            #expect(answer.header("cache-control") == "no-store")
            let preflight = try await scene.client.send("OPTIONS", scene.url)
            #expect(preflight.header("access-control-allow-methods") == "GET, PUT, DELETE")
            // The token itself is not stored.
            let stored = await scene.server.server.stores.clients.client(scene.client.id)
            #expect(stored?.managementTokenHash == SHA256.hash(scene.token))
        }
    }

    @Test("an update replaces everything, and its token the earlier one")
    func update() async throws {
        try await Self.run { scene in
            let redirect = "http://127.0.0.1:51004/other"
            let answer = try await scene.send(
                "PUT",
                scene.token,
                scene.metadata(["redirect_uris": [.string(redirect)], "client_name": .null])
            )
            #expect(answer.status == 200)
            #expect(answer["client_name"] == nil)
            #expect(answer.json["redirect_uris"] == [.string(redirect)])
            let next = try #require(answer["registration_access_token"])
            #expect(next != scene.token)
            #expect(try await scene.send("GET", scene.token).status == 401)
            #expect(try await scene.send("PUT", scene.token, scene.metadata()).status == 401)
            #expect(try await scene.send("GET", next).json["redirect_uris"] == [.string(redirect)])
            var client = scene.client
            client.redirectURI = redirect
            let tokens = try await client.tokens(at: scene.server)
            #expect(tokens.status == 200)
            let browser = TestBrowser(transport: scene.server.transport)
            #expect(try await browser.get(scene.client.authorizationURL()).status == 400)
            #expect(scene.server.auditLog.all.filter { $0.contains(#""event":"client.updated""#) }.count == 1)
        }
    }

    @Test("a client that begins to use a secret gets one; the secret stays, and leaves with the method")
    func secret() async throws {
        try await Self.run { scene in
            let post: JSONObject = ["token_endpoint_auth_method": "client_secret_post"]
            let first = try await scene.send("PUT", scene.token, scene.metadata(post))
            let secret = try #require(first["client_secret"])
            var token = try #require(first["registration_access_token"])
            #expect(try await scene.send("GET", token)["client_secret"] == nil)
            let same = try await scene.send(
                "PUT",
                token,
                scene.metadata(["token_endpoint_auth_method": "client_secret_post", "client_secret": .string(secret)])
            )
            #expect(same.status == 200 && same["client_secret"] == nil)
            token = try #require(same["registration_access_token"])
            let other = try await scene.send(
                "PUT",
                token,
                scene.metadata(["token_endpoint_auth_method": "client_secret_post", "client_secret": "chosen"])
            )
            #expect(other.status == 400 && other.error == "invalid_client_metadata")
            let none = try await scene.send("PUT", token, scene.metadata())
            #expect(none.status == 200)
            let stored = await scene.server.server.stores.clients.client(scene.client.id)
            #expect(stored?.secretHash == nil)
        }
    }

    @Test("an update refuses whatever a registration refuses, and then changes nothing")
    func refusedUpdates() async throws {
        try await Self.run { scene in
            let bad: [(JSONObject, String)] = [
                (scene.metadata(["client_id": "another"]), "invalid_client_metadata"),
                (scene.metadata(["client_id": .null]), "invalid_client_metadata"),
                (scene.metadata(["redirect_uris": []]), "invalid_redirect_uri"),
                (scene.metadata(["redirect_uris": ["http://evil.example.com/cb"]]), "invalid_redirect_uri"),
                (scene.metadata(["redirect_uris": .null]), "invalid_redirect_uri"),
                (scene.metadata(["grant_types": ["implicit"]]), "invalid_client_metadata"),
                (scene.metadata(["token_endpoint_auth_method": "private_key_jwt"]), "invalid_client_metadata"),
                (
                    scene.metadata([
                        "client_uri": .string("https://a.example/" + String(repeating: "a", count: 2000)),
                        "redirect_uris": .array(
                            (0..<10).map { number in
                                .string("https://a.example/\(number)" + String(repeating: "b", count: 900))
                            }
                        ),
                    ]), "invalid_client_metadata"
                ),
                (scene.metadata(["client_secret": "chosen"]), "invalid_client_metadata"),
                (scene.metadata(["registration_access_token": .string(scene.token)]), "invalid_client_metadata"),
                (scene.metadata(["client_id_issued_at": 1]), "invalid_client_metadata"),
            ]
            for (body, error) in bad {
                let answer = try await scene.send("PUT", scene.token, body)
                #expect(answer.status == 400 && answer.error == error, "\(body)")
            }
            let form = try await scene.client.send(
                "PUT",
                scene.url,
                headerFields: [
                    ("authorization", "Bearer \(scene.token)"), ("content-type", "application/x-www-form-urlencoded"),
                ],
                body: Array("client_id=a".utf8)
            )
            #expect(form.status == 400)
            let read = try await scene.send("GET", scene.token)
            #expect(read.json["redirect_uris"] == [.string(scene.client.redirectURI)])
        }
    }

    @Test("a wrong, missing or foreign token is 401 for every method, and so is a client without management")
    func refusedTokens() async throws {
        try await Self.run(configure: { configuration in
            var client = Configuration.Client(clientID: "configured")
            client.redirectURIs = ["https://a.example/cb"]
            configuration.clients = [client]
        }) { scene in
            let other = try await scene.client.register([
                "redirect_uris": [.string(scene.client.redirectURI)], "token_endpoint_auth_method": "none",
            ])
            let tokens = try await scene.client.tokens(at: scene.server)
            let access = try #require(tokens["access_token"])
            for method in ["GET", "PUT", "DELETE"] {
                let body = method == "PUT" ? scene.metadata() : nil
                for token in [nil, "", "gm_", scene.token + "A", access, other["registration_access_token"]] {
                    let answer = try await scene.send(method, token, body)
                    #expect(answer.status == 401 && answer.error == "invalid_token", "\(method) \(token ?? "none")")
                    #expect(answer.header("www-authenticate")?.hasPrefix("Bearer") == true)
                }
                for id in ["configured", "dcr_unknown", TestServer.resourceServer.id] {
                    let url = scene.server.issuer + "/oauth/register/" + id
                    #expect(try await scene.send(method, scene.token, body, url: url).status == 401, "\(id)")
                }
            }
            #expect(try await scene.send("GET", scene.token).status == 200)
            // It is refused in place of any other token.
            #expect(try await scene.client.introspect(scene.token).json["active"] == false)
        }
    }

    @Test("D-80: guesses of a registration's token are limited, and then the right one is refused as well")
    func guesses() async throws {
        try await Self.run(configure: { $0.limits.failuresPerSource = .init(burst: 10, perMinute: 1) }) { scene in
            var answers: [Int] = []
            for _ in 0..<4 { answers.append(try await scene.send("GET", "gm_wrong").status) }
            #expect(answers.first == 401 && answers.last == 429)
            #expect(try await scene.send("GET", scene.token).status == 429)
            let events = scene.server.auditLog.all.filter { $0.contains(#""event":"client.management_failed""#) }
            #expect(!events.isEmpty)
        }
    }

    @Test("a deletion ends the client with its sessions and codes, once")
    func delete() async throws {
        try await Self.run { scene in
            let tokens = try await scene.client.tokens(at: scene.server)
            let browser = TestBrowser(transport: scene.server.transport)
            let code = try #require(try await scene.client.authorize(with: browser, at: scene.server)["code"])
            let answer = try await scene.send("DELETE", scene.token)
            #expect(answer.status == 204)
            #expect(try await scene.send("DELETE", scene.token).status == 401)
            #expect(try await scene.client.refresh(tokens["refresh_token"] ?? "").error == "invalid_client")
            #expect(try await scene.client.redeem(code).error == "invalid_client")
            let access = try #require(tokens["access_token"])
            #expect(try await scene.client.introspect(access).json["active"] == false)
            #expect(try await browser.get(scene.client.authorizationURL()).status == 400)
            let removed = scene.server.auditLog.all.filter { $0.contains(#""event":"client.removed""#) }
            #expect(removed.count == 1 && removed[0].contains(#""by":"client""#))
        }
    }

    @Test("D-89: a code that was sent to an address which the client has removed yields no token")
    func removedRedirect() async throws {
        try await Self.run { scene in
            let browser = TestBrowser(transport: scene.server.transport)
            let code = try #require(try await scene.client.authorize(with: browser, at: scene.server)["code"])
            let changes: JSONObject = ["redirect_uris": ["http://127.0.0.1/other"]]
            #expect(try await scene.send("PUT", scene.token, scene.metadata(changes)).status == 200)
            #expect(try await scene.client.redeem(code).error == "invalid_grant")
        }
    }

    @Test("D-89: a consent page that was shown before an update cannot be approved after it")
    func changedMeanwhile() async throws {
        try await Self.run { scene in
            let browser = TestBrowser(transport: scene.server.transport)
            let page = try await browser.get(scene.client.authorizationURL())
            let ticket = try #require(page.hiddenFields["ticket"])
            let changes: JSONObject = ["client_name": "Your company’s own notes"]
            #expect(try await scene.send("PUT", scene.token, scene.metadata(changes)).status == 200)
            let answer = try await browser.post(
                scene.server.issuer + "/oauth/consent",
                form: [("ticket", ticket), ("decision", "approve")]
            )
            #expect(answer.status == 400 && answer.header("location") == nil)
        }
    }

    /// Stores that offer operators nothing: the sessions of a deleted registration could not be found there.
    private struct BareStorage: StateStorage {
        let inner: MemoryStorage

        var stores: Stores {
            let all = inner.stores
            return Stores(
                clients: all.clients,
                sessions: all.sessions,
                vault: all.vault,
                keys: all.keys,
                replay: all.replay,
                devices: all.devices,
                upkeep: all.upkeep
            )
        }

        var requiresSnapshot: Bool { inner.requiresSnapshot }
        var awaitsSnapshot: Bool { inner.awaitsSnapshot }
        func writeSnapshot(now: Timestamp) async throws { try await inner.writeSnapshot(now: now) }
        func close() async throws { try await inner.close() }
    }

    @Test("where the stores cannot list sessions, no management is promised and none is served")
    func notOffered() async throws {
        try await TestServer.run(
            environment: { environment in
                let journal = environment.journal
                environment.openState = { settings in
                    BareStorage(inner: try await MemoryStorage(settings, directory: nil, journal: journal))
                }
            },
            { server in
                let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
                let answer = try await client.register(["redirect_uris": ["http://127.0.0.1/cb"]])
                #expect(answer.status == 201)
                #expect(answer.json["registration_client_uri"] == nil)
                #expect(answer.json["registration_access_token"] == nil)
                let id = try #require(answer["client_id"])
                #expect(try await client.send("GET", "/oauth/register/" + id).status == 404)
            }
        )
    }

    @Test("of 16 concurrent updates with one token one succeeds, and its token is the valid one")
    func race() async throws {
        try await Self.run { scene in
            let answers = try await withThrowingTaskGroup(of: OAuthTestClient.Answer.self) { group in
                for number in 0..<16 {
                    group.addTask {
                        let changes: JSONObject = ["client_name": .string("Notes \(number)")]
                        return try await scene.send("PUT", scene.token, scene.metadata(changes))
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let made = answers.filter { $0.status == 200 }
            #expect(made.count == 1 && answers.allSatisfy { [200, 401, 429].contains($0.status) })
            let token = try #require(made.first?["registration_access_token"])
            #expect(try await scene.send("GET", token)["client_name"] == made.first?["client_name"])
        }
    }
}
