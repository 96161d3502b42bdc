import OpenSSLCrypto
import Testing

@testable import OAuthProtocol

/// RFC 7521 §5.2, RFC 7523 §3: what every assertion of another party must say, one field at a time.
@Suite("Assertions of other parties: the rules")
struct SignedAssertionTests {
    private static let issuer = "https://idp.example"
    private static let audience = "https://auth.example.com"
    private static let now: Int64 = 1_795_000_000

    private static let claims: JSONObject = [
        "iss": .string(issuer), "sub": "user-17", "aud": .string(audience), "jti": "jti-1",
        "iat": 1_795_000_000, "exp": 1_795_000_300,
    ]

    private static var rules: AssertionRules {
        AssertionRules(purpose: "test", issuer: issuer, audiences: [audience], lifetimeSecondsMax: 3600)
    }

    private static func key() throws -> SigningKey {
        SigningKey(privateKey: try PrivateKey.generate(.es256), algorithm: .es256, keyID: "key-1")
    }

    private static func use(
        _ changes: [String: JSONValue?] = [:],
        type: String = "JWT",
        rules: AssertionRules? = nil,
        signedBy key: SigningKey? = nil,
        now: Int64 = now
    ) throws -> SignedAssertion.SingleUse {
        let key = try key ?? Self.key()
        var claims = claims
        for (name, value) in changes { claims[name] = value }
        let text = try key.sign(type: type, payload: claims.serialized())
        let assertion = try SignedAssertion(parsing: text, types: [nil, "jwt"])
        return try assertion.verify(
            rules ?? Self.rules,
            keys: JSONWebKeySet(keys: [key.jsonWebKey]),
            now: Timestamp(secondsSinceEpoch: now)
        )
    }

    @Test("JB-2: an assertion that says everything is accepted, and remembered a minute longer than it is valid")
    func accepted() throws {
        #expect(try Self.use().expiry.secondsSinceEpoch == 1_795_000_360)
    }

    @Test(
        "JB-2, JB-3: a single claim that is wrong is enough",
        arguments: [
            ("iss", JSONValue?.none), ("iss", "https://idp.example/"), ("iss", 7), ("sub", nil), ("sub", ""),
            ("sub", .string(String(repeating: "x", count: 2049))), ("aud", nil), ("aud", []),
            ("aud", "https://auth.example.com/"), ("aud", ["https://auth.example.com", "https://other.example"]),
            ("exp", nil), ("exp", 1_795_000_000), ("exp", 1_794_999_999), ("exp", 1_795_003_661), ("exp", "soon"),
            ("iat", nil), ("iat", 1_795_000_061), ("iat", 1_794_996_000), ("nbf", 1_795_000_061), ("jti", nil),
            ("jti", ""),
            ("jti", .string(String(repeating: "x", count: 257))),
        ] as [(String, JSONValue?)]
    )
    func wrongClaim(name: String, value: JSONValue?) throws {
        #expect(throws: JOSEError.self) { try Self.use([name: value]) }
    }

    @Test(
        "JB-2: the clocks may differ by 60 s, but nothing is valid after exp",
        arguments: [
            ["iat": 1_795_000_060], ["nbf": 1_795_000_060], ["exp": 1_795_000_001],
            ["aud": ["https://auth.example.com"]],
            ["exp": 1_795_003_660], ["iat": 1_794_996_700, "exp": 1_795_000_300],
        ] as [[String: JSONValue?]]
    )
    func mayVary(changes: [String: JSONValue?]) throws {
        _ = try Self.use(changes)
    }

    @Test(
        "JB-1, D-36: another type is refused before anything else is looked at",
        arguments: ["at+jwt", "oauth-id-jag+jwt", "dpop+jwt", "client-authentication+jwt", "logout+jwt"]
    )
    func types(type: String) throws {
        #expect(throws: JOSEError.wrongType) { try Self.use(type: type) }
    }

    @Test("JB-2: another key, and an algorithm that is not on the list, are refused")
    func signatures() throws {
        let text = try Self.key().sign(type: "JWT", payload: Self.claims.serialized())
        let assertion = try SignedAssertion(parsing: text, types: ["jwt"])
        let stranger = try Self.key()
        let now = Timestamp(secondsSinceEpoch: Self.now)
        #expect(throws: JOSEError.invalidSignature) {
            try assertion.verify(Self.rules, keys: JSONWebKeySet(keys: [stranger.jsonWebKey]), now: now)
        }
        #expect(throws: JOSEError.unknownKey) {
            try assertion.verify(Self.rules, keys: JSONWebKeySet(keys: []), now: now)
        }
        for algorithm in ["none", "HS256"] {
            let header: JSONObject = ["alg": .string(algorithm), "typ": "JWT"]
            let forged =
                Base64URL.encode(header.serialized()) + "." + Base64URL.encode(Self.claims.serialized()) + ".AA"
            #expect(throws: JOSEError.unsupportedAlgorithm) { try SignedAssertion(parsing: forged, types: ["jwt"]) }
        }
    }

    @Test(
        "D-40: issuer, purpose and jti identify an assertion; without jti the signed bytes do, whatever the signature"
    )
    func identity() throws {
        let first = try Self.use()
        #expect(try Self.use(["sub": "other"]).id == first.id)
        #expect(try Self.use(["jti": "jti-2"]).id != first.id)
        var other = AssertionRules(
            purpose: "another purpose",
            issuer: Self.issuer,
            audiences: [Self.audience],
            lifetimeSecondsMax: 3600
        )
        #expect(try Self.use(rules: other).id != first.id)
        other.requiresTokenID = false
        let key = try Self.key()
        // ECDSA signatures of the same bytes differ each time.
        let signed = try (0..<3).map { _ in try Self.use(["jti": nil], rules: other, signedBy: key).id }
        #expect(Set(signed).count == 1)
        #expect(try Self.use(["jti": nil, "sub": "other"], rules: other, signedBy: key).id != signed[0])
    }

    @Test("D-36: what only an ID token has is noticed", arguments: ["nonce", "at_hash", "c_hash"])
    func idTokens(claim: String) throws {
        var claims = Self.claims
        let text = try Self.key().sign(type: "JWT", payload: claims.serialized())
        #expect(try !SignedAssertion(parsing: text, types: ["jwt"]).isIDToken)
        claims[claim] = "x"
        let other = try Self.key().sign(type: "JWT", payload: claims.serialized())
        #expect(try SignedAssertion(parsing: other, types: ["jwt"]).isIDToken)
    }
}
