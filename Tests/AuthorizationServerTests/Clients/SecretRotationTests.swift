import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import OutboundHTTP
import ServerConfiguration
import Synchronization
import Testing

/// Secrets that change while the server runs, and several that are valid at once.
@Suite("Rotating secrets")
struct SecretRotationTests {
    private static let old = SecretReference.value(SecretValue("the-old-secret-of-long-standing"))
    private static let new = SecretReference.value(SecretValue("the-new-secret-of-long-standing"))
    private static let third = SecretReference.value(SecretValue("the-third-secret-never-configured"))

    /// The configuration that SIGHUP reads; a test replaces it.
    private final class Source: Sendable {
        private let content = Mutex<Configuration?>(nil)

        struct Unreadable: Error {}

        var configuration: Configuration? {
            get { content.withLock(\.self) }
            set { content.withLock { $0 = newValue } }
        }

        func read() throws -> Configuration {
            guard let configuration else { throw Unreadable() }
            return configuration
        }
    }

    private static func text(_ secret: SecretReference) -> String { secret.value?.text ?? "" }

    private static func introspects(_ secret: SecretReference, at server: TestServer) async throws -> Bool {
        let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
        let answer = try await client.introspect("x", credentials: (TestServer.resourceServer.id, text(secret)))
        return answer.status == 200
    }

    private static func administers(_ secret: SecretReference, at server: TestServer) async throws -> Bool {
        let answer = try await server.transport.send(
            OutboundRequest(
                url: server.managementURL + "/admin/audit",
                headerFields: [("Authorization", "Bearer " + text(secret))],
                addressPolicy: .unrestricted
            )
        )
        return answer.status == 200
    }

    private static func proxies(_ secret: SecretReference, at server: TestServer) async throws -> Bool {
        let answer = try await server.transport.send(
            OutboundRequest(
                url: server.managementURL + "/forward-auth",
                headerFields: [("X-Gatehouse-Proxy-Secret", text(secret))],
                addressPolicy: .unrestricted
            )
        )
        // 401 is the challenge for a client without a token; 403 would be the proxy's refusal.
        return answer.status == 401
    }

    private static func registers(_ secret: SecretReference, at server: TestServer) async throws -> Bool {
        let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
        let answer = try await client.send(
            "POST",
            "/oauth/register",
            headerFields: [("content-type", "application/json"), ("authorization", "Bearer " + text(secret))],
            body: Array(#"{"redirect_uris":["http://127.0.0.1/cb"]}"#.utf8)
        )
        return answer.status == 201
    }

    private static func configured(_ secret: SecretReference) -> (inout Configuration) -> Void {
        { configuration in
            configuration.resources[0].clientSecret = secret
            configuration.management.adminToken = secret
            configuration.forwardAuth.secret = secret
            configuration.registration.initialAccessToken = secret
            configuration.upstreams[0].clientSecret = secret
        }
    }

    private static let checks: [@Sendable (SecretReference, TestServer) async throws -> Bool] = [
        introspects, administers, proxies, registers,
    ]

    @Test("N-3: each of several configured secrets is accepted, and no other one")
    func anyOf() async throws {
        try await TestServer.run(configure: Self.configured(.anyOf([Self.new, Self.old]))) { (server) async throws in
            for check in Self.checks {
                #expect(try await check(Self.new, server))
                #expect(try await check(Self.old, server))
                #expect(try await !check(Self.third, server))
            }
        }
    }

    @Test("N-3: SIGHUP replaces the old secrets")
    func reload() async throws {
        let source = Source()
        let configure = Self.configured(Self.old)
        try await TestServer.run(configure: configure, environment: { $0.readSecrets = source.read }) {
            (server) async throws in
            for check in Self.checks {
                #expect(try await check(Self.old, server))
                #expect(try await !check(Self.new, server))
            }
            var fresh = server.server.configuration
            Self.configured(Self.new)(&fresh)
            source.configuration = fresh
            await server.server.reload()
            for check in Self.checks {
                #expect(try await check(Self.new, server))
                #expect(try await !check(Self.old, server))
            }
            #expect(!server.log.all.contains { $0.contains(Self.text(Self.new)) })
        }
    }

    @Test("N-3: secrets that cannot be read leave the old ones in use, and a line in the log")
    func unreadable() async throws {
        let source = Source()
        let configure = Self.configured(Self.old)
        try await TestServer.run(configure: configure, environment: { $0.readSecrets = source.read }) {
            (server) async throws in
            await server.server.reload()
            for check in Self.checks { #expect(try await check(Self.old, server)) }
            #expect(server.log.all.contains { $0.contains("secrets were not reloaded") })
        }
    }

    private static func provider(_ secret: SecretReference) -> DevelopmentIdentityProvider.Configuration {
        var configuration = DevelopmentIdentityProvider.Configuration()
        configuration.clients = .registered([DevelopmentClient(id: "gatehouse", secret: text(secret))])
        return configuration
    }

    @Test(
        "N-3: our secret at a provider is tried newest first; the older one works until the provider knows the new one"
    )
    func upstreamList() async throws {
        let configure: (inout Configuration) -> Void = { $0.upstreams[0].clientSecret = .anyOf([Self.new, Self.old]) }
        for known in [Self.old, Self.new] {
            try await TestServer.run(provider: Self.provider(known), configure: configure) { server in
                let client = try await OAuthTestClient.registered(at: server)
                #expect(try await client.tokens(at: server).status == 200)
                let count = server.provider.capturedRequests(on: .token).count
                #expect(count == (known == Self.new ? 1 : 2))
            }
        }
        // When the provider accepts none of the secrets, each was tried once.
        try await TestServer.run(provider: Self.provider(Self.third), configure: configure) { server in
            let client = try await OAuthTestClient.registered(at: server)
            let answer = try await client.authorize(with: TestBrowser(transport: server.transport), at: server)
            #expect(answer["error"] == "server_error")
            #expect(server.provider.capturedRequests(on: .token).count == 2)
        }
    }

    @Test("N-3: SIGHUP reads our secret at a provider again")
    func upstreamReload() async throws {
        let source = Source()
        try await TestServer.run(
            provider: Self.provider(Self.new),
            configure: { $0.upstreams[0].clientSecret = Self.old },
            environment: { $0.readSecrets = source.read }
        ) { server in
            let client = try await OAuthTestClient.registered(at: server)
            let browser = TestBrowser(transport: server.transport)
            #expect(try await client.authorize(with: browser, at: server)["error"] == "server_error")
            var fresh = server.server.configuration
            fresh.upstreams[0].clientSecret = Self.new
            source.configuration = fresh
            await server.server.reload()
            #expect(try await client.tokens(at: server).status == 200)
        }
    }
}
