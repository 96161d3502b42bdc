import DevelopmentIdentityProvider
import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import Testing

@Suite("ID tokens that no client should accept")
struct IDTokenFaultTests {
    /// A claim that a fault changes.
    struct ChangedClaim: Sendable, CustomTestStringConvertible {
        let fault: Fault
        let name: String
        let value: JSONValue?
        var testDescription: String { "\(name) \(value?.serializedString() ?? "left out")" }
    }

    @Test(
        "a properly signed token with a wrong claim",
        arguments: [
            ChangedClaim(fault: .wrongNonce, name: "nonce", value: "another-nonce"),
            ChangedClaim(fault: .missingNonce, name: "nonce", value: nil),
            ChangedClaim(fault: .wrongAudience, name: "aud", value: "another-client"),
            ChangedClaim(fault: .wrongIssuer, name: "iss", value: "https://other.example.com"),
            ChangedClaim(fault: .expiredIDToken, name: "exp", value: 1_000_000_000),
            ChangedClaim(fault: .idTokenFromTheFuture, name: "iat", value: 4_000_000_000),
            ChangedClaim(fault: .wrongAccessTokenHash, name: "at_hash", value: "AAAAAAAAAAAAAAAAAAAAAA"),
            ChangedClaim(fault: .changedSubject("mallory"), name: "sub", value: "mallory"),
            ChangedClaim(fault: .idTokenClaim("sub", nil), name: "sub", value: nil),
            ChangedClaim(fault: .idTokenClaim("aud", ["gatehouse", "x"]), name: "aud", value: ["gatehouse", "x"]),
        ]
    )
    func claims(change: ChangedClaim) async throws {
        try await TestWorld.run { world in
            world.provider.script(change.fault, on: .token)
            let forged = try await world.verified(try await world.signIn()["id_token"]?.stringValue)
            #expect(forged[change.name] == change.value)
            let honest = try await world.verified(try await world.signIn()["id_token"]?.stringValue)
            #expect(honest[change.name] != change.value)
        }
    }

    @Test(
        "a token that is not signed as it should be",
        arguments: [
            (.algorithmNone, .malformed), (.algorithmHS256, .unsupportedAlgorithm),
            (.unknownKeyID, .unknownKey), (.foreignKey, .invalidSignature), (.changedPayload, .invalidSignature),
        ] as [(Fault.Forgery, JOSEError)]
    )
    func forgeries(forgery: Fault.Forgery, error: JOSEError) async throws {
        try await TestWorld.run { (world) async throws in
            world.provider.script(.idTokenSignature(forgery), on: .token)
            let token = try await world.signIn().text("id_token")
            await #expect(throws: error) { try await world.verified(token) }
        }
    }

    @Test("the HS256 forgery is a good one: its shared secret is the published key")
    func confusion() async throws {
        try await TestWorld.run { world in
            world.provider.script(.algorithmHS256, on: .token)
            let segments = try await world.signIn().text("id_token").split(separator: ".")
            let key = try #require(try JSONWebKeySet(parsing: try await world.get(.keySet).body).keys.first)
            let secret = HMACSHA256Key(Array(key.publicKey.pem.utf8))
            let code = secret.authenticationCode(for: Array("\(segments[0]).\(segments[1])".utf8))
            #expect(Base64URL.encode(code.bytes) == segments[2])
        }
    }

    @Test("no ID token")
    func missing() async throws {
        try await TestWorld.run { (world) async throws in
            world.provider.script(.missingIDToken, on: .token)
            #expect(try await world.signIn()["id_token"] == nil)
        }
    }

    @Test("discovery and userinfo can lie too")
    func otherAnswers() async throws {
        try await TestWorld.run { world in
            world.provider.script(.wrongIssuer, .omit("jwks_uri"), on: .discovery)
            let document = try await world.get(.discovery).json()
            #expect(document["issuer"] == "https://other.example.com")
            #expect(document["jwks_uri"] == nil)
            world.provider.script(.changedSubject("mallory"), on: .userInfo)
            let user = try await world.userInfo(try await world.signIn().text("access_token")).json()
            #expect(user["sub"] == "mallory")
        }
    }

    @Test("all algorithms sign", arguments: [SignatureAlgorithm.es256, .edDSA, .rs256, .ps256])
    func algorithms(algorithm: SignatureAlgorithm) async throws {
        try await TestWorld.run({ $0.signingAlgorithm = algorithm }) { world in
            let discovery = try await world.get(.discovery).json()
            #expect(discovery["id_token_signing_alg_values_supported"] == [.string(algorithm.rawValue)])
            let token = try await world.signIn().text("id_token")
            let keys = try JSONWebKeySet(parsing: try await world.get(.keySet).body)
            let claims = try JSONWebToken.verified(token, keys: keys, algorithms: [algorithm], types: ["jwt"])
            #expect(claims["sub"] == "ada")
        }
    }
}
