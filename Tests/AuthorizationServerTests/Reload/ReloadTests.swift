import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OutboundHTTP
import ServerConfiguration
import Synchronization
import Testing

/// A configuration that replaces another one while requests are answered.
@Suite("Reloading the configuration")
struct ReloadTests {
    /// The configuration that a reload reads; a test replaces it.
    private final class Source: Sendable {
        private let content = Mutex<Configuration?>(nil)

        struct Unreadable: Error {}

        func put(_ configuration: Configuration) { content.withLock { $0 = configuration } }

        func read() throws -> Configuration {
            guard let configuration = content.withLock(\.self) else { throw Unreadable() }
            return configuration
        }
    }

    private static let secret = "the-secret-of-the-batch-client"
    private static let authorization = OAuthTestClient.basic("batch", secret)
    private static let form = [("grant_type", "client_credentials")]

    /// A client, a resource and a server that know one more scope: a request that saw parts of two such configurations
    /// would have neither's.
    private static func know(_ scope: String, _ configuration: inout Configuration) {
        var client = Configuration.Client(clientID: "batch")
        client.grantTypes = [.clientCredentials]
        client.tokenEndpointAuthMethod = .clientSecretBasic
        client.clientSecret = .value(SecretValue(secret))
        client.scopes = ScopeSet([scope])
        configuration.clients = [client]
        configuration.scopes = ScopeSet(["openid", "profile", "email", "offline_access", "mcp:read", scope])
        configuration.resources[0].scopes = ScopeSet(["mcp:read", scope])
    }

    private static func run(
        _ body: @escaping @Sendable (TestServer, Source) async throws -> Void
    ) async throws {
        let source = Source()
        try await TestServer.run(
            configure: { know("only:a", &$0) },
            environment: { $0.readConfiguration = source.read }
        ) { (server) async throws in try await body(server, source) }
    }

    private static func client(_ server: TestServer) -> OAuthTestClient {
        server.visitor
    }

    @Test("under load: 10,000 requests, 20 reloads, no failure, and none that saw two configurations")
    func load() async throws {
        try await Self.run { (server, source) async throws in
            let client = Self.client(server)
            let answers = try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        var answers: [String] = []
                        for _ in 0..<625 {
                            let answer = try await client.token(Self.form, authorization: Self.authorization)
                            answers.append(answer["scope"] ?? "\(answer.status) \(answer.error ?? "")")
                        }
                        return answers
                    }
                }
                for number in 0..<20 {
                    var next = server.server.configuration
                    Self.know(number.isMultiple(of: 2) ? "only:b" : "only:a", &next)
                    source.put(next)
                    let outcome = await server.server.reload()
                    #expect(outcome.refusal == nil)
                    #expect(outcome.changed == ["scopes", "resources", "clients"])
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(answers.count == 10_000)
            #expect(Set(answers).isSubset(of: ["only:a", "only:b"]))
        }
    }

    @Test("a key that needs a restart changes nothing and is named, in the command's answer and in the log")
    func restart() async throws {
        try await Self.run { (server, source) async throws in
            var next = server.server.configuration
            Self.know("only:b", &next)
            next.tokens.accessTokenLifetime = .seconds(60)
            next.limits.connections = 100
            source.put(next)
            let answer = try await server.transport.send(
                OutboundRequest(
                    method: "POST",
                    url: server.managementURL + "/admin/reload",
                    headerFields: [("authorization", "Bearer \(server.adminToken)")],
                    addressPolicy: .unrestricted
                )
            )
            #expect(answer.status == 409)
            let json = try JSONParser.parseObject(answer.body)
            #expect(json["need_restart"] == ["tokens.access_token_lifetime", "limits.connections"])
            let token = try await Self.client(server).token(Self.form, authorization: Self.authorization)
            #expect(token["scope"] == "only:a")
            #expect(server.log.all.contains { $0.contains("the configuration was not reloaded") })
        }
    }

    @Test("a file that is not valid changes nothing, and the reason is logged")
    func invalid() async throws {
        try await Self.run { (server, _) async throws in
            let outcome = await server.server.reload()
            #expect(outcome.refusal != nil && outcome.changed.isEmpty)
            let token = try await Self.client(server).token(Self.form, authorization: Self.authorization)
            #expect(token["scope"] == "only:a")
        }
    }

    @Test(
        "a client that is no longer configured is unknown, another secret replaces the old one, and both are recorded"
    )
    func clients() async throws {
        try await Self.run { (server, source) async throws in
            let client = Self.client(server)
            var next = server.server.configuration
            next.clients[0].clientSecret = .value(SecretValue("another-secret-of-the-batch-client"))
            source.put(next)
            #expect(await server.server.reload().refusal == nil)
            #expect(try await client.token(Self.form, authorization: Self.authorization).status == 401)
            let renewed = OAuthTestClient.basic("batch", "another-secret-of-the-batch-client")
            #expect(try await client.token(Self.form, authorization: renewed).status == 200)
            next.clients = []
            source.put(next)
            #expect(await server.server.reload().changed == ["clients"])
            #expect(try await client.token(Self.form, authorization: renewed).status == 401)
            #expect(server.auditLog.all.contains { $0.contains("configuration.reloaded") && $0.contains("clients") })
        }
    }

    @Test("of the keys that a reload takes: openid needs a restart, the first delegation does not")
    func kept() async throws {
        try await Self.run { (server, source) async throws in
            var next = server.server.configuration
            next.scopes = ScopeSet(next.scopes.tokens.filter { $0 != "openid" })
            source.put(next)
            #expect(await server.server.reload().needRestart == ["scopes"])
            next = server.server.configuration
            next.clients[0].isDelegate = true
            source.put(next)
            let outcome = await server.server.reload()
            #expect(outcome.refusal == nil && outcome.changed == ["clients"])
        }
    }

    @Test("Info: scopes taken from a resource are missing from a live session's next tokens, and return with it")
    func takenScopes() async throws {
        try await Self.run { (server, source) async throws in
            var client = try await OAuthTestClient.registered(at: server)
            client.scope = "mcp:read only:a offline_access"
            let tokens = try await client.tokens(at: server)
            #expect(Self.scopes(tokens["scope"]) == ["mcp:read", "only:a", "offline_access"])
            let whole = server.server.configuration
            var next = whole
            next.resources[0].scopes = ScopeSet(["mcp:read"])
            source.put(next)
            #expect(await server.server.reload().changed == ["resources"])
            let narrowed = try await client.refresh(tokens["refresh_token"] ?? "")
            #expect(Self.scopes(narrowed["scope"]) == ["mcp:read", "offline_access"])
            let claims = try DecodedToken(try #require(narrowed["access_token"])).claims
            #expect(Self.scopes(claims["scope"]?.stringValue) == ["mcp:read"])
            source.put(whole)
            #expect(await server.server.reload().changed == ["resources"])
            let returned = try await client.refresh(narrowed["refresh_token"] ?? "")
            #expect(Self.scopes(returned["scope"]) == ["mcp:read", "only:a", "offline_access"])
        }
    }

    private static func scopes(_ text: String?) -> Set<Substring> {
        Set(text?.split(separator: " ") ?? [])
    }

    @Test("POST /admin/snapshot answers when the snapshot is written")
    func snapshot() async throws {
        try await Self.run { (server, _) async throws in
            let request = OutboundRequest(
                method: "POST",
                url: server.managementURL + "/admin/snapshot",
                headerFields: [("authorization", "Bearer \(server.adminToken)")],
                addressPolicy: .unrestricted
            )
            #expect(try await server.transport.send(request).status == 200)
        }
    }
}
