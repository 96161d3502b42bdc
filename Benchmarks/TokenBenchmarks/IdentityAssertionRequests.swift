import AuthorizationServer
import BenchmarkSupport
import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import ServerConfiguration
import SocketHTTP

/// RFC 7523 §2.1 and ID-JAG: tokens for users whom an organisation's provider vouches for, each by an assertion of its
/// own, which the server verifies, consumes, and begins a session with.
final class IdentityAssertionRequests: TokenRequests {
    private static let issuer = "https://idp.example.com"
    private static let client = (id: "assistant", secret: "the-assistants-secret-of-the-benchmark")
    private static let grantType = "urn:ietf:params:oauth:grant-type:jwt-bearer"

    private let key: BenchmarkKey
    private let audience: String
    private let subject: String

    private init(key: BenchmarkKey, audience: String, subject: String) {
        (self.key, self.audience, self.subject) = (key, audience, subject)
    }

    func next() throws -> TokenClient.Request {
        let expiry = SystemTimeSource().now() + .seconds(300)
        let assertion = try key.sign(
            ["typ": "oauth-id-jag+jwt", "kid": "key"],
            [
                "iss": .string(Self.issuer), "sub": .string(subject), "aud": .string(audience),
                "client_id": .string(Self.client.id), "resource": .string(LoopRequests.resource),
                "scope": "mcp:read", "exp": .integer(Int(expiry.secondsSinceEpoch)),
            ]
        )
        return TokenClient.Request(form: [
            ("grant_type", Self.grantType), ("assertion", assertion), ("client_id", Self.client.id),
            ("client_secret", Self.client.secret),
        ])
    }

    func took(_ answer: JSONObject) throws {
        guard answer["access_token"]?.stringValue != nil else { throw BenchmarkError("an answer without a token") }
    }

    /// Measures beside the bare verification and signature.
    static func measure(seconds: Double, connections: Int) async throws -> Comparison {
        let key = try BenchmarkKey()
        let server = try await LoopRequests.start(transport: FixedAnswer(body: key.keySet)) { configuration in
            var trusted = Configuration.TrustedIssuer(issuer: issuer)
            trusted.keySetURI = issuer + "/keys"
            var assertions = Configuration.TrustedIssuer.IdentityAssertions()
            assertions.resources = [LoopRequests.resource]
            trusted.identityAssertions = assertions
            configuration.trustedIssuers = [trusted]
            var assistant = Configuration.Client(clientID: client.id)
            assistant.tokenEndpointAuthMethod = .clientSecretPost
            assistant.clientSecret = .value(SecretValue(client.secret))
            assistant.grantTypes = [.jwtBearer]
            configuration.clients = [assistant]
        }
        let (address, audience) = (server.addresses[0], "http://\(server.addresses[0])")
        let clients = try (1...connections).map { index in
            let requests = IdentityAssertionRequests(key: key, audience: audience, subject: "user-\(index)")
            return try TokenClient(port: address.port, requests)
        }
        let bare = try BareSignature(.es256)
        return try await LoopRequests.compare("identity assertion request", server, clients, seconds: seconds) {
            bare.verify()
            bare.sign()
        }
    }
}

/// The answer to every request of the server: the issuer's key set.
private struct FixedAnswer: OutboundTransport {
    let body: [UInt8]

    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        OutboundResponse(status: 200, body: body)
    }
}
