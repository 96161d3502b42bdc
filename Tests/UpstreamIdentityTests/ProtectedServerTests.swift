import Logging
import OAuthProtocol
import OutboundHTTP
import Testing

@testable import UpstreamIdentity

@Suite("MCP 2026-07-28, RFC 9728, RFC 8707: a protected MCP server as an upstream")
struct ProtectedServerTests {
    static let server = "https://mcp.tools.example/v1/mcp"
    static let wellKnown = "https://mcp.tools.example/.well-known/oauth-protected-resource/v1/mcp"
    static let named = "https://mcp.tools.example/metadata"
    static let issuer = "https://login.tools.example/tenant"
    static let metadata = "https://login.tools.example/.well-known/oauth-authorization-server/tenant"
    static let token = issuer + "/token"
    static let registration = issuer + "/register"
    static let document = "https://auth.example.com/.well-known/oauth-client/tools.json"

    static var resourceMetadata: JSONObject {
        ["resource": .string(server), "authorization_servers": [.string(issuer)], "scopes_supported": ["tools:read"]]
    }

    static var serverMetadata: JSONObject {
        [
            "issuer": .string(issuer), "authorization_endpoint": .string(issuer + "/authorize"),
            "token_endpoint": .string(token), "registration_endpoint": .string(registration),
            "code_challenge_methods_supported": ["S256"], "client_id_metadata_document_supported": true,
            "token_endpoint_auth_methods_supported": ["none", "client_secret_basic"],
            "authorization_response_iss_parameter_supported": true,
        ]
    }

    /// A scripted server and its authorization server.
    private struct Scene {
        let transport = ScriptedTransport()
        let time = ManualTime()

        /// Publishes both documents, changed; the server itself answers 401 with a challenge.
        init(
            resource: (inout JSONObject) -> Void = { _ in },
            server: (inout JSONObject) -> Void = { _ in },
            challenge: String = "Bearer"
        ) {
            var (first, second) = (ProtectedServerTests.resourceMetadata, ProtectedServerTests.serverMetadata)
            resource(&first)
            server(&second)
            transport.on(ProtectedServerTests.wellKnown, ScriptedTransport.json(first))
            transport.on(ProtectedServerTests.metadata, ScriptedTransport.json(second))
            transport.on(ProtectedServerTests.server) { _ in
                .success(
                    OutboundResponse(status: 401, headerFields: [("WWW-Authenticate", challenge)], body: [])
                )
            }
        }

        func target(_ issuer: String? = nil, document: String? = ProtectedServerTests.document) -> ProtectedServer {
            var server = ProtectedServer(url: ProtectedServerTests.server)
            server.issuer = issuer
            server.clientDocument = document
            return server
        }

        func register(
            _ server: ProtectedServer,
            scopes: [String] = []
        ) async throws(UpstreamError) -> UpstreamClientRegistration {
            try await UpstreamRegistrar(transport: transport, timeSource: time).register(
                UpstreamRegistrationRequest(
                    target: .protectedServer(server),
                    redirectURIs: ["https://auth.example.com/oauth/callback/tools"],
                    clientName: "Gatehouse",
                    scopes: scopes
                )
            )
        }

        /// The provider, with what an earlier start stored.
        func provider(
            known: UpstreamClientRegistration? = nil,
            issuer: String? = nil,
            scopes: [String]? = nil
        ) throws -> UpstreamProvider {
            let registrar = self
            return try UpstreamProvider(
                configuration: UpstreamConfiguration(
                    name: "tools",
                    preset: .mcp,
                    issuer: issuer,
                    clientID: nil,
                    scopes: scopes,
                    callbackURL: "https://auth.example.com/oauth/callback/tools",
                    server: target()
                ),
                registration: UpstreamSelfRegistration(known: known) {
                    do throws(UpstreamError) {
                        return .success(try await registrar.register(registrar.target(issuer), scopes: scopes ?? []))
                    } catch {
                        return .failure(error)
                    }
                },
                transport: transport,
                timeSource: time,
                random: CountingRandom(),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
        }
    }

    private func login(_ provider: UpstreamProvider) async throws(UpstreamError) -> UpstreamLogin {
        try await provider.login(
            code: "code-1",
            verifier: CodeVerifier(random: CountingRandom()),
            nonce: nil,
            issuerParameter: Self.issuer
        )
    }

    @Test("RFC 8707: authorization, token and refresh requests name the resource; the client id is our document")
    func resource() async throws {
        let scene = Scene()
        let provider = try scene.provider()
        let parameters = try await provider.authorizationParameters()
        #expect(try parameters.single("resource") == Self.server)
        #expect(try parameters.single("client_id") == Self.document)
        #expect(try parameters.single("scope") == "tools:read")
        #expect(try parameters.single("code_challenge_method") == "S256")
        scene.transport.on(
            Self.token,
            ScriptedTransport.json(["access_token": "at", "token_type": "Bearer", "refresh_token": "rt"])
        )
        let login = try await login(provider)
        #expect(login.scopes == ScopeSet(["tools:read"]) && login.subject.isEmpty)
        _ = try await provider.refresh(refreshToken: "rt")
        let forms = try scene.transport.requests(to: Self.token).map { try $0.form }
        try #require(forms.count == 2)
        for form in forms {
            #expect(try form.single("resource") == Self.server)
            #expect(try form.single("client_id") == Self.document)
        }
        #expect(try forms[0].single("code_verifier") != nil)
        #expect(scene.transport.requests(to: Self.registration).isEmpty)
        #expect(!provider.identifiesUsers)
    }

    @Test("RFC 9207: an authorization response of another issuer, or without the promised one, is refused")
    func issuerParameter() async throws {
        for parameter in ["https://login.evil.example", nil] {
            let provider = try Scene().provider()
            let refusal = try await error {
                try await provider.login(
                    code: "code-1",
                    verifier: CodeVerifier(random: CountingRandom()),
                    nonce: nil,
                    issuerParameter: parameter
                )
            }
            #expect(refusal.failureReason == .issuerMismatch)
        }
    }

    @Test("RFC 9728 §5.1: without the well-known document the challenge names it; its scopes take precedence")
    func challenge() async throws {
        let scene = Scene(
            challenge:
                "Basic realm=\"x, y\", Bearer error=\"invalid_token\", scope=\"a b\", resource_metadata=\"\(Self.named)\""
        )
        scene.transport.replace(Self.wellKnown, ScriptedTransport.status(404))
        scene.transport.on(Self.named, ScriptedTransport.json(Self.resourceMetadata))
        #expect(try await scene.provider().authorizationParameters().single("scope") == "a b")
        let both = Scene(challenge: "Bearer scope=\"only:this\"")
        #expect(try await both.provider().authorizationParameters().single("scope") == "only:this")
        // The operator's scopes take precedence over both, and then the server is not asked.
        let configured = Scene(challenge: "Bearer scope=\"only:this\"")
        let provider = try configured.provider(scopes: ["mine"])
        #expect(try await provider.authorizationParameters().single("scope") == "mine")
        #expect(configured.transport.requests(to: Self.server).isEmpty)
    }

    @Test("MCP 2026-07-28: offline_access is asked for where it is offered, so that there is a refresh token")
    func offlineAccess() async throws {
        let scene = Scene(server: { $0["scopes_supported"] = ["tools:read", "offline_access"] })
        #expect(
            try await scene.provider().authorizationParameters().single("scope").map(ScopeSet.init(parsing:))
                == ScopeSet(["tools:read", "offline_access"])
        )
    }

    @Test("Without support for documents the server is registered; the answer and the issuer are kept together")
    func registered() async throws {
        let scene = Scene(server: { $0["client_id_metadata_document_supported"] = false })
        scene.transport.on(Self.registration, ScriptedTransport.json(RegistrationTests.answer, status: 201))
        let registration = try await scene.register(scene.target())
        #expect(registration.clientID == "issued-id" && registration.issuer == Self.issuer)
        let body = try JSONParser.parseObject(
            try #require(scene.transport.requests(to: Self.registration).first).body
        )
        #expect(body["scope"] == "tools:read" && body["application_type"] == "web")
        // A server that accepts documents only from clients with keys cannot use ours.
        let keyed = Scene(server: { $0["token_endpoint_auth_methods_supported"] = ["client_secret_basic"] })
        keyed.transport.on(Self.registration, ScriptedTransport.json(RegistrationTests.answer, status: 201))
        #expect(try await keyed.register(keyed.target()).clientID == "issued-id")
        // As does one whose document cannot be fetched, because this server has no https address.
        let plain = Scene()
        plain.transport.on(Self.registration, ScriptedTransport.json(RegistrationTests.answer, status: 201))
        #expect(try await plain.register(plain.target(document: nil)).clientID == "issued-id")
    }

    @Test("no document and no registration: there is no way to become a client")
    func impossible() async throws {
        let scene = Scene(server: {
            $0["client_id_metadata_document_supported"] = nil
            $0["registration_endpoint"] = nil
        })
        let refusal = try await error { try await scene.provider().authorizationParameters() }
        #expect(refusal.failureReason == .registrationUnavailable)
    }

    @Test(
        "MCP 2026-07-28: PKCE S256 that is not advertised is a refusal",
        arguments: [nil, [], ["plain"]] as [JSONValue?]
    )
    func proofKey(methods: JSONValue?) async throws {
        let scene = Scene(server: { $0["code_challenge_methods_supported"] = methods })
        let refusal = try await error { try await scene.provider().authorizationParameters() }
        #expect(refusal.failureReason == .proofKeyUnsupported)
    }

    @Test(
        "RFC 9728 §3.3: metadata about another resource is refused",
        arguments: [
            nil, "https://mcp.tools.example", "https://mcp.tools.example/v1/mcp/", "https://MCP.tools.example/v1/mcp",
            "https://evil.example/v1/mcp", 7,
        ] as [JSONValue?]
    )
    func mismatch(resource: JSONValue?) async throws {
        let scene = Scene(resource: { $0["resource"] = resource })
        let refusal = try await error { try await scene.provider().authorizationParameters() }
        #expect(refusal.failureReason == .resourceMismatch)
    }

    @Test("the operator may name the identifier that the metadata has")
    func namedResource() async throws {
        let scene = Scene(resource: { $0["resource"] = "https://mcp.tools.example/" })
        var server = scene.target()
        server.resource = "https://mcp.tools.example"
        #expect(try await scene.register(server).clientID == Self.document)
    }

    @Test(
        "metadata without a usable authorization server is refused",
        arguments: [nil, [], "https://login.tools.example/tenant", ["http://login.tools.example/tenant"]]
            as [JSONValue?]
    )
    func noIssuer(servers: JSONValue?) async throws {
        let scene = Scene(resource: { $0["authorization_servers"] = servers })
        let refusal = try await error { try await scene.provider().authorizationParameters() }
        #expect([.discoveryFailed, .misconfigured].contains(refusal.failureReason))
    }

    @Test("RFC 8414 §3.3: the authorization server's metadata must be its own")
    func foreignMetadata() async throws {
        let scene = Scene(server: { $0["issuer"] = "https://login.evil.example" })
        let refusal = try await error { try await scene.provider().authorizationParameters() }
        #expect(refusal.failureReason == .discoveryFailed)
    }

    @Test("the issuer is pinned: another one is refused at once, also for refreshes; the operator may name a new one")
    func pinned() async throws {
        let scene = Scene()
        let provider = try scene.provider()
        _ = try await provider.authorizationParameters()
        let other = "https://login.other.example"
        var moved = Self.resourceMetadata
        moved["authorization_servers"] = [.string(other)]
        scene.transport.replace(Self.wellKnown, ScriptedTransport.json(moved))
        var metadata = Self.serverMetadata
        metadata["issuer"] = .string(other)
        scene.transport.on(other + "/.well-known/oauth-authorization-server", ScriptedTransport.json(metadata))
        // Within the hour nothing is fetched, and everything still goes to the pinned one.
        _ = try await provider.authorizationParameters()
        scene.time.advance(by: .seconds(3601))
        for _ in 0..<2 {
            let refusal = try await error { try await provider.authorizationParameters() }
            #expect(refusal.failureReason == .issuerChanged)
        }
        let refresh = try await error { try await provider.refresh(refreshToken: "rt") }
        #expect(refresh.failureReason == .issuerChanged && !refresh.isTerminal)
        #expect(scene.transport.requests(to: Self.token).isEmpty)
        // A restart knows the pin from its registration.
        let known = UpstreamClientRegistration(
            clientID: Self.document,
            clientSecret: nil,
            secretExpiry: nil,
            authenticationMethod: .none,
            registrationAccessToken: nil,
            registrationClientURI: nil,
            registeredAt: scene.time.now(),
            issuer: Self.issuer
        )
        let restarted = try scene.provider(known: known)
        let refusal = try await error { try await restarted.authorizationParameters() }
        #expect(refusal.failureReason == .issuerChanged)
        #expect(try await scene.provider(issuer: other).authorizationParameters().single("resource") == Self.server)
        // Named again beside others, the pinned one is used.
        moved["authorization_servers"] = [.string(other), .string(Self.issuer)]
        scene.transport.replace(Self.wellKnown, ScriptedTransport.json(moved))
        scene.time.advance(by: .seconds(31))
        #expect(try await provider.authorizationParameters().single("resource") == Self.server)
    }

    @Test("an outage of the documents is not a change; the known ones are used during a day")
    func outage() async throws {
        let scene = Scene()
        let provider = try scene.provider()
        _ = try await provider.authorizationParameters()
        scene.transport.replace(Self.wellKnown, ScriptedTransport.failure(.connectFailed))
        scene.time.advance(by: .seconds(3601))
        #expect(try await provider.authorizationParameters().single("resource") == Self.server)
    }

    @Test("a configured client needs the issuer, so that its secret goes nowhere else")
    func configuredClient() throws {
        func configuration(issuer: String?) throws -> UpstreamConfiguration {
            try UpstreamConfiguration(
                name: "tools",
                preset: .mcp,
                issuer: issuer,
                clientID: "own",
                clientSecret: UpstreamClientSecret("secret"),
                callbackURL: "https://auth.example.com/oauth/callback/tools",
                server: ProtectedServer(url: Self.server)
            )
        }
        try configuration(issuer: Self.issuer).check()
        #expect(throws: UpstreamError.self) { try configuration(issuer: nil).check() }
        #expect(throws: UpstreamError.self) {
            var plain = try configuration(issuer: Self.issuer)
            plain.kind = .protectedServer(ProtectedServer(url: "http://mcp.tools.example/mcp"))
            try plain.check()
        }
        #expect(throws: UpstreamError.self) {
            var open = try configuration(issuer: Self.issuer)
            open.behaviour.proofKey = .off
            try open.check()
        }
    }
}
