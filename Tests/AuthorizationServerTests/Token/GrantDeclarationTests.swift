import AuthorizationServerTesting
import DurableLog
import HTTPTypes
import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import OutboundHTTP
import ServerConfiguration
import SocketHTTP
import Testing

@testable import AuthorizationServer

/// Metadata, OpenAPI, registration and configuration know a grant by its declaration alone.
@Suite("Grants: the server does and advertises what each declares")
struct GrantDeclarationTests {
    @Test("every name is one grant's, and every grant says what it is for")
    func names() {
        let declarations = GrantList.all.map { $0.declaration }
        #expect(Set(declarations.map(\.name)).count == declarations.count)
        for declaration in declarations {
            #expect(declaration.name.allSatisfy { $0 == "_" || $0.isASCII && $0.isLowercase }, "\(declaration.name)")
            #expect(declaration.summary.hasSuffix(".") && declaration.summary.count > 30)
            #expect(!declaration.parameters.isEmpty)
            #expect(!declaration.parameters.contains("grant_type"))
        }
    }

    @Test("metadata, OpenAPI and registration say what the declarations say")
    func described() async throws {
        try await TestServer.run { server in
            let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
            let declarations = GrantList.declarations(server.server.configuration)
            #expect(declarations.count >= 4)
            let metadata = try await client.send("GET", "/.well-known/oauth-authorization-server").json
            let types = declarations.types.map(\.rawValue)
            #expect(metadata["grant_types_supported"]?.stringArrayValue == types)

            let document = try await client.send("GET", "/openapi.json").json
            let operation = document["paths"]?.objectValue?["/oauth/token"]?.objectValue?["post"]?.objectValue
            let text = try #require(operation).serializedString()
            for declaration in declarations {
                #expect(text.contains(declaration.summary), "\(declaration.name)")
                for parameter in declaration.parameters { #expect(text.contains("\"\(parameter)\":"), "\(parameter)") }
            }

            let everything = try await client.register([
                "redirect_uris": ["https://app.example.com/cb"], "grant_types": .strings(types),
            ])
            let registrable = Set(declarations.registrable.map(\.rawValue))
            #expect(Set(everything.json["grant_types"]?.stringArrayValue ?? []) == registrable)
        }
    }

    @Test("what an operator may write for a client is a grant of this server")
    func configurable() {
        #expect(Set(GrantType.configurable).isSubset(of: GrantList.all.map { $0.declaration.type }))
    }

    @Test("a client that names no grant gets the default ones, and may ask for the others")
    func registration() throws {
        let declarations = GrantList.all.map { $0.declaration } + [AnyonesGrant.declaration]
        let policy = ClientMetadata.Policy(
            grantTypes: declarations.registrable,
            defaultGrantTypes: declarations.registeredByDefault
        )
        let uris: JSONObject = ["redirect_uris": ["https://app.example.com/cb"]]
        #expect(try ClientMetadata(uris, policy: policy).grantTypes == [.authorizationCode, .refreshToken])
        var asking = uris
        asking["grant_types"] = ["authorization_code", .string(SampleGrants.type.rawValue), "client_credentials"]
        #expect(try ClientMetadata(asking, policy: policy).grantTypes == [.authorizationCode, SampleGrants.type])
    }

    // MARK: - Which client a grant needs

    @Test("a grant without a client: none is needed, and one that is named must be right and have the grant")
    func optionalClient() async throws {
        let scene = try await TokenEndpointScene(grants: [AnyonesGrant.self])
        #expect(try await scene.post([]) == .ok("no client"))
        #expect(try await scene.post([("client_id", "")]) == .ok("no client"))
        #expect(try await scene.post([("client_id", "public")]) == .ok("public"))
        #expect(try await scene.post([("client_id", "secret"), ("client_secret", "s3cret")]) == .ok("secret"))
        for form in [
            [("client_id", "missing")], [("client_id", "secret"), ("client_secret", "wrong")],
            [("client_secret", "s3cret")], [("client_id", "secret")],
        ] {
            #expect(try await scene.post(form) == .error(401, "invalid_client"), "\(form)")
        }
        #expect(try await scene.post([("client_assertion", "x")]) == .error(400, "invalid_request"))
        #expect(try await scene.post([], authorization: "Bearer x") == .error(401, "invalid_client"))
        #expect(try await scene.post([("client_id", "without")]) == .error(400, "unauthorized_client"))
    }

    @Test("a grant that asks for the client of a request without one is refused, not trapped")
    func missingClient() async throws {
        let scene = try await TokenEndpointScene(grants: [ForgetfulGrant.self])
        #expect(try await scene.post([]) == .error(401, "invalid_client"))
    }

    @Test("a grant for confidential clients: neither a public nor a self-registered one")
    func confidentialClient() async throws {
        let scene = try await TokenEndpointScene(grants: [ConfidentialGrant.self])
        #expect(try await scene.post([("client_id", "secret"), ("client_secret", "s3cret")]) == .ok("secret"))
        #expect(try await scene.post([]) == .error(401, "invalid_client"))
        #expect(try await scene.post([("client_id", "public")]) == .error(400, "unauthorized_client"))
        #expect(
            try await scene.post([("client_id", "dynamic"), ("client_secret", "s3cret")])
                == .error(400, "unauthorized_client")
        )
    }

    @Test("a grant that another includes: clients with the other may use it, and no other clients")
    func included() async throws {
        let scene = try await TokenEndpointScene(grants: [IncludedGrant.self])
        #expect(try await scene.post([("client_id", "without")]) == .ok("without"))
        #expect(try await scene.post([("client_id", "public")]) == .error(400, "unauthorized_client"))
    }

    // MARK: - Two meanings of one grant type

    @Test("two grants of one type: the first that accepts the form, and none is unsupported")
    func sharedType() async throws {
        let scene = try await TokenEndpointScene(grants: [FlavouredGrant.self, AnyonesGrant.self])
        #expect(try await scene.post([]) == .ok("no client"))
        #expect(try await scene.post([("flavour", "sweet"), ("client_id", "public")]) == .ok("sweet"))
        // Each has a client rule of its own.
        #expect(try await scene.post([("flavour", "sweet")]) == .error(401, "invalid_client"))
        let only = try await TokenEndpointScene(grants: [FlavouredGrant.self])
        #expect(try await only.post([]) == .error(400, "unsupported_grant_type"))
    }
}

// MARK: - Samples

private protocol SampleGrant: Grant {
    init()
}

extension SampleGrant {
    init(_ ground: GrantGround) { self.init() }
}

private enum SampleGrants {
    static let type = GrantType(rawValue: "urn:example:grant")

    static func declaration(_ name: String, _ client: GrantDeclaration.ClientRule) -> GrantDeclaration {
        GrantDeclaration(
            type: type,
            name: name,
            summary: "Answers with the client's id.",
            parameters: ["flavour"],
            client: client,
            registration: .onRequest
        )
    }
}

private struct AnyonesGrant: SampleGrant {
    static let declaration = SampleGrants.declaration("anyones", .optional)

    init() {}

    func evaluate(_ request: TokenRequest) async throws(OAuthError) -> [UInt8] {
        Array((request.sender?.id ?? "no client").utf8)
    }
}

private struct ForgetfulGrant: SampleGrant {
    static let declaration = SampleGrants.declaration("forgetful", .optional)

    init() {}

    func evaluate(_ request: TokenRequest) async throws(OAuthError) -> [UInt8] {
        Array(try request.client.id.utf8)
    }
}

private struct ConfidentialGrant: SampleGrant {
    static let declaration = SampleGrants.declaration("confidential", .confidential)

    init() {}

    func evaluate(_ request: TokenRequest) async throws(OAuthError) -> [UInt8] {
        Array(try request.client.id.utf8)
    }
}

private struct IncludedGrant: SampleGrant {
    static let declaration = GrantDeclaration(
        type: GrantType(rawValue: "urn:example:included"),
        name: "included",
        summary: "Answers with the client's id.",
        parameters: ["flavour"],
        includedIn: [.authorizationCode]
    )

    init() {}

    func evaluate(_ request: TokenRequest) async throws(OAuthError) -> [UInt8] {
        Array(try request.client.id.utf8)
    }
}

private struct FlavouredGrant: SampleGrant {
    static let declaration = SampleGrants.declaration("flavoured", .registered)

    init() {}

    func accepts(_ form: FormParameters) -> Bool { !form.values("flavour").isEmpty }

    func evaluate(_ request: TokenRequest) async throws(OAuthError) -> [UInt8] {
        Array(try request.form.required("flavour").utf8)
    }
}

/// The token endpoint over sample grants and four clients.
private struct TokenEndpointScene {
    enum Answer: Equatable {
        case ok(String)
        case error(Int, String)
    }

    private let endpoint: TokenEndpoint
    private let type: GrantType

    init(grants: [any SampleGrant.Type]) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let journal = VolatileJournal()
        let metrics = ServerMetrics(factory: PrometheusRegistry())
        let limiter = SourceLimiter(rates: [:])
        let guesses = GuessLimit(
            limiter: GuessLimiter(rate: .init(burst: 100, perMinute: 100)),
            metrics: metrics,
            audit: AuditTrail(sink: UnboundedAuditSink { _ in })
        )
        endpoint = TokenEndpoint(
            grants: grants.map { $0.init() },
            requests: ClientRequests(
                authenticator: ClientAuthenticator(
                    clients: ClientRegistry(preRegistered: Self.clients, journal: journal),
                    assertions: ClientAssertionVerifier(
                        issuer: try Issuer("https://auth.example.com"),
                        keys: ClientKeys(
                            remote: RemoteKeySets(
                                transport: KeySetHost(),
                                addressPolicy: .publicOnly,
                                limiter: limiter,
                                timeSource: ManualClock(),
                                work: BackgroundWork(),
                                logger: logger
                            )
                        ),
                        replay: ReplayGuard(journal: journal),
                        guesses: guesses,
                        logger: logger
                    ),
                    guesses: guesses
                ),
                failures: FailureLimit(limiter: limiter, metrics: metrics)
            ),
            proofs: TokenProofs(
                verification: ProofVerification(guesses: guesses, nonces: nil, metrics: metrics),
                recent: RecentProofs(),
                issuer: try Issuer("https://auth.example.com"),
                metrics: metrics,
                audit: AuditTrail(sink: UnboundedAuditSink { _ in })
            ),
            metrics: metrics
        )
        type = try #require(grants.first).declaration.type
    }

    private static var clients: [Client] {
        [
            client("public", [SampleGrants.type], .none), client("secret", [SampleGrants.type], .clientSecretPost),
            client("dynamic", [SampleGrants.type], .clientSecretPost, kind: .dynamic),
            client("without", [.authorizationCode], .none),
        ]
    }

    private static func client(
        _ id: String,
        _ grants: Set<GrantType>,
        _ method: TokenEndpointAuthenticationMethod,
        kind: Client.Kind = .preRegistered
    ) -> Client {
        Client(
            id: id,
            kind: kind,
            redirectURIs: [],
            grantTypes: grants,
            authenticationMethods: [method],
            secretHash: method == .none ? nil : SHA256.hash("s3cret"),
            issuedAt: Timestamp(secondsSinceEpoch: 1)
        )
    }

    func post(_ form: [(String, String)], authorization: String? = nil) async throws -> Answer {
        var fields: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
        fields[.authorization] = authorization
        let request = Request(
            method: .post,
            path: "/oauth/token",
            fields: fields,
            body: Array(FormParameters.serialize([("grant_type", type.rawValue)] + form).utf8)
        )
        let context = RequestContext(
            source: .loopback,
            now: Timestamp(secondsSinceEpoch: 2),
            requestID: RequestID(number: 1)
        )
        let answer = await endpoint.respond(to: request, context: context)
        if answer.status == .ok { return .ok(String(decoding: answer.body, as: UTF8.self)) }
        return .error(answer.status.code, try JSONParser.parseObject(answer.body)["error"]?.stringValue ?? "")
    }
}
