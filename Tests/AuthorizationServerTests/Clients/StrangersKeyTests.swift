import AuthorizationServer
import AuthorizationServerTesting
import DurableLog
import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import OutboundHTTP
import ServerConfiguration
import SocketHTTP
import Testing

@Suite("S-02: keys of self-registered clients cost little to verify with")
struct StrangersKeyTests {
    /// An RSA key of a size in bits; its modulus need not be a product of two primes to cost as much.
    private static func rsa(_ bitCount: Int, exponent: [UInt8] = [1, 0, 1], id: String = "k") -> JSONObject {
        var modulus = SystemRandomSource().bytes(bitCount / 8)
        modulus[0] |= 0x80
        modulus[modulus.count - 1] |= 1
        return [
            "kty": "RSA", "kid": .string(id), "n": .string(Base64URL.encode(modulus)),
            "e": .string(Base64URL.encode(exponent)),
        ]
    }

    private static func keySet(_ keys: [JSONObject]) -> JSONObject { ["keys": .array(keys.map(JSONValue.object))] }

    private func register(_ server: TestServer, _ keys: [JSONObject]) async throws -> OAuthTestClient.Answer {
        try await server.visitor.send(
            "POST",
            "/oauth/register",
            headerFields: [("content-type", "application/json")],
            body: JSONObject([
                ("redirect_uris", .array([.string("https://client.example.com/cb")])),
                ("token_endpoint_auth_method", .string("private_key_jwt")),
                ("jwks", .object(Self.keySet(keys))),
            ]).serialized()
        )
    }

    @Test("S-02: registration refuses RSA keys beyond 4096 bits or with another exponent, and more than 8 keys")
    func registration() async throws {
        try await TestServer.run { server in
            let refused: [[JSONObject]] = [
                [Self.rsa(8192)], [Self.rsa(4104)], [Self.rsa(2048, exponent: [3])],
                [Self.rsa(2048, exponent: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFD])], [Self.rsa(1024)],
                (0..<9).map { Self.rsa(2048, id: "k\($0)") },
            ]
            for keys in refused {
                #expect(try await register(server, keys).isError(400, "invalid_client_metadata"))
            }
            for keys in [[Self.rsa(2048)], [Self.rsa(4096)], (0..<8).map { Self.rsa(2048, id: "k\($0)") }] {
                #expect(try await register(server, keys).status == 201)
            }
            // A key that would be slow is skipped like one of an unknown type.
            let mixed = try await register(server, [Self.rsa(8192, id: "slow"), Self.rsa(2048, id: "fast")])
            let kept = mixed.json["jwks"]?.objectValue?["keys"]?.arrayValue?.compactMap(\.objectValue)
            #expect(kept?.map { $0["kid"]?.stringValue } == ["fast"])
        }
    }

    @Test("S-02: the operator's own clients may have larger keys")
    func configured() throws {
        let set = Self.keySet([Self.rsa(8192), Self.rsa(2048, exponent: [3])])
        #expect(try JSONWebKeySet(set).keys.count == 2)
        #expect(try JSONWebKeySet(set, from: .stranger).keys.isEmpty)
        let many = Self.keySet((0..<9).map { Self.rsa(2048, id: "\($0)") })
        #expect(throws: JOSEError.tooManyKeys) { try JSONWebKeySet(many, from: .stranger) }
        #expect(try JSONWebKeySet(many).keys.count == 9)
    }

    /// An authenticator of one client that registered itself with eight keys.
    private struct Scene {
        let authenticator: ClientAuthenticator
        let clientID = "dcr_stranger"

        init(_ keys: [TestClientKey], burst: Int = 10) async throws {
            let limiter = SourceLimiter(rates: [:])
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let registry = ClientRegistry(preRegistered: [], journal: VolatileJournal())
            let members = keys.flatMap { $0.keySet["keys"]?.arrayValue ?? [] }
            let client = Client(
                id: clientID,
                kind: .dynamic,
                redirectURIs: ["https://client.example.com/cb"],
                grantTypes: [.authorizationCode],
                authenticationMethods: [.privateKeyJWT],
                keySet: JSONObject([("keys", .array(members))]).serialized(),
                issuedAt: StoreSample.now
            )
            _ = try await registry.register(client).outcome
            let guesses = GuessLimit(
                limiter: GuessLimiter(rate: .init(burst: burst, perMinute: 10)),
                metrics: ServerMetrics(factory: PrometheusRegistry()),
                audit: AuditTrail(sink: UnboundedAuditSink { _ in })
            )
            let remote = RemoteKeySets(
                transport: KeySetHost(),
                addressPolicy: .publicOnly,
                limiter: limiter,
                timeSource: ManualClock(),
                work: BackgroundWork(),
                logger: logger
            )
            authenticator = ClientAuthenticator(
                clients: registry,
                assertions: ClientAssertionVerifier(
                    issuer: try Issuer("https://auth.example.com"),
                    keys: ClientKeys(remote: remote),
                    replay: ReplayGuard(journal: VolatileJournal()),
                    guesses: guesses,
                    logger: logger
                ),
                guesses: guesses
            )
        }

        /// The error of a request with an assertion; `nil` for success.
        func authenticate(_ assertion: String, number: Int) async throws -> OAuthError? {
            let form = try FormParameters(query: FormParameters.serialize(TestClientKey.form(assertion)))
            let request = try ClientAuthenticationRequest(authorization: nil, form: form)
            let context = RequestContext(
                source: .loopback,
                now: StoreSample.now,
                requestID: RequestID(number: UInt64(number))
            )
            do throws(OAuthError) {
                _ = try await authenticator.authenticate(request, context: context)
                return nil
            } catch {
                return error
            }
        }
    }

    private func assertion(
        _ key: TestClientKey,
        _ tokenID: String,
        header: [String: JSONValue?] = [:]
    ) throws -> String {
        let claims = key.claims(for: "https://auth.example.com", now: StoreSample.now, tokenID: tokenID)
        return try key.sign(claims, header: header)
    }

    @Test("S-02: a flood of wrong assertions verifies as many signatures as the allowance has, and each at most one")
    func flood() async throws {
        let keys = try (0..<8).map { try TestClientKey("dcr_stranger", keyID: "key-\($0)") }
        let forger = try TestClientKey("dcr_stranger", keyID: "key-0")
        let scene = try await Scene(keys)
        let tally = VerificationTally()
        try await VerificationTally.$current.withValue(tally) {
            for number in 0..<200 {
                let before = tally.count
                let wrong = try assertion(forger, "\(number)", header: number % 2 == 0 ? [:] : ["kid": nil])
                let error = try #require(try await scene.authenticate(wrong, number: number))
                #expect([401, 429].contains(error.code.httpStatus))
                #expect(tally.count - before <= 1)
            }
            // The pair of a source and a client has a fifth of ten.
            #expect(tally.count <= 2)
            let right = try await scene.authenticate(try assertion(keys[0], "right"), number: 999)
            #expect(right?.code == .tooManyRequests)
            #expect(tally.count <= 2)
        }
    }

    @Test("S-02: with several keys that fit, the assertion must name one; then it costs one verification")
    func kid() async throws {
        let keys = try (0..<8).map { try TestClientKey("dcr_stranger", keyID: "key-\($0)") }
        let scene = try await Scene(keys, burst: 100)
        let tally = VerificationTally()
        try await VerificationTally.$current.withValue(tally) {
            let unnamed = try await scene.authenticate(try assertion(keys[7], "1", header: ["kid": nil]), number: 1)
            #expect(unnamed?.code == .invalidClient)
            #expect(tally.count == 0)
            #expect(try await scene.authenticate(try assertion(keys[7], "2"), number: 2) == nil)
            #expect(tally.count == 1)
        }
        let alone = try await Scene([keys[0]])
        #expect(try await alone.authenticate(try assertion(keys[0], "3", header: ["kid": nil]), number: 3) == nil)
    }
}
