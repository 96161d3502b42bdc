import AuthorizationServerTesting
import OAuthProtocol
import OpenSSLCrypto
import Testing

/// RFC 7523 §3: what an assertion must say, one field at a time (CA-1…CA-5).
@Suite("Client assertions: the rules")
struct ClientAssertionTests {
    private static let issuer = "https://auth.example.com"
    private static let now = Timestamp(secondsSinceEpoch: 1_795_000_000)
    private static let nowSeconds = 1_795_000_000

    private static func verify(
        _ changes: [String: JSONValue?] = [:],
        header: [String: JSONValue?] = [:],
        key: TestClientKey? = nil,
        keys: JSONObject? = nil
    ) throws -> ClientAssertion.SingleUse {
        let key = try key ?? TestClientKey("batch")
        var claims = key.claims(for: issuer, now: now, tokenID: "jti-1")
        for (name, value) in changes { claims[name] = value }
        let assertion = try ClientAssertion(parsing: try key.sign(claims, header: header))
        return try assertion.verify(
            clientID: "batch",
            audiences: [issuer],
            keys: try JSONWebKeySet(keys ?? key.keySet),
            now: now
        )
    }

    @Test("CA-5: every algorithm on offer proves the client", arguments: ClientAssertion.algorithms)
    func algorithms(algorithm: SignatureAlgorithm) throws {
        let use = try Self.verify(key: try TestClientKey("batch", algorithm: algorithm))
        #expect(use.expiry.secondsSinceEpoch == Int64(Self.nowSeconds + 300 + 60))
    }

    @Test(
        "CA-2, CA-3, D-41: a single claim that is wrong is enough",
        arguments: [
            ("iss", JSONValue?.none), ("iss", "other"), ("iss", 7), ("iss", "https://auth.example.com"),
            ("sub", nil), ("sub", "other"), ("sub", 7),
            ("aud", nil), ("aud", "https://other.example.com"), ("aud", []), ("aud", 7),
            ("aud", ["https://auth.example.com", "https://other.example.com"]),
            ("aud", ["https://auth.example.com", "https://auth.example.com"]),
            ("aud", "https://auth.example.com/"), ("aud", "https://auth.example.com/oauth/token"),
            ("aud", "HTTPS://auth.example.com"), ("aud", "batch"),
            ("exp", nil), ("exp", "1795000300"), ("exp", -1), ("exp", 1_794_999_941), ("exp", 1_795_000_000),
            ("exp", 1_795_000_661),
            ("exp", 99_999_999_999_999), ("iat", 1_795_000_061), ("iat", "now"), ("nbf", 1_795_000_061), ("nbf", true),
            ("jti", nil), ("jti", ""), ("jti", 7), ("jti", .string(String(repeating: "x", count: 257))),
        ] as [(String, JSONValue?)]
    )
    func wrongClaim(name: String, value: JSONValue?) throws {
        #expect(throws: JOSEError.self) { try Self.verify([name: value]) }
    }

    @Test(
        "CA-2, CA-3: what may vary",
        arguments: [
            ["aud": ["https://auth.example.com"]], ["iat": nil], ["nbf": 1_795_000_060], ["iat": 1_795_000_060],
            ["exp": 1_795_000_001], ["exp": 1_795_000_660], ["jti": .string(String(repeating: "x", count: 256))],
            ["scope": "openid", "client_id": "someone else"],
        ] as [[String: JSONValue?]]
    )
    func rightClaims(changes: [String: JSONValue?]) throws {
        _ = try Self.verify(changes)
    }

    @Test(
        "CA-4, D-36: a typ of another kind of token is refused",
        arguments: [
            "at+jwt", "application/at+jwt", "oauth-id-jag+jwt", "dpop+jwt", "logout+jwt", "secevent+jwt",
            "token-introspection+jwt", "oauth-authz-req+jwt", "id_token", "JWE", "",
        ]
    )
    func wrongType(type: String) throws {
        #expect(throws: JOSEError.self) { try Self.verify(header: ["typ": .string(type)]) }
    }

    @Test(
        "CA-4: typ may be absent, JWT or its own",
        arguments: [
            nil, "JWT", "jwt", "application/jwt", "client-authentication+jwt", "application/client-authentication+jwt",
        ] as [String?]
    )
    func rightType(type: String?) throws {
        _ = try Self.verify(header: ["typ": type.map(JSONValue.string)])
    }

    @Test(
        "CA-5, D-30, D-32, D-33: the header chooses neither algorithm nor key",
        arguments: [
            ["alg": "none"], ["alg": "HS256"], ["alg": "RS256"], ["alg": "EdDSA"], ["alg": "ES384"], ["alg": nil],
            ["kid": "other"], ["kid": ["key-1"]], ["crit": ["exp"]], ["b64": false], ["jwk": ["kty": "EC"]],
            ["x5c": ["MIIB"]], ["zip": "DEF"],
        ] as [[String: JSONValue?]]
    )
    func wrongHeader(changes: [String: JSONValue?]) throws {
        #expect(throws: JOSEError.self) { try Self.verify(header: changes) }
    }

    @Test("CA-5: another client's key is refused, whatever its kid")
    func foreignKey() throws {
        let (own, foreign) = (try TestClientKey("batch"), try TestClientKey("batch"))
        #expect(throws: JOSEError.invalidSignature) { try Self.verify(key: foreign, keys: own.keySet) }
        #expect(throws: JOSEError.unknownKey) { try Self.verify(key: foreign, keys: ["keys": []]) }
    }

    @Test("CA-5: a key registered for one algorithm does not serve another")
    func keyAlgorithm() throws {
        let key = try TestClientKey("batch", algorithm: .rs256)
        let pinned = JSONWebKey(publicKey: key.privateKey.publicKey, keyID: "key-1", algorithm: .ps256)
        #expect(throws: JOSEError.unknownKey) {
            try Self.verify(key: key, keys: ["keys": [.object(pinned.json)]])
        }
    }

    @Test(
        "D-31, D-34: what is no compact JWT names no client",
        arguments: ["", "a", "a.b", "a.b.c", "e30.e30.", "...", "e30.e30.e30.e30.e30"]
    )
    func garbage(text: String) {
        #expect(throws: JOSEError.self) { try ClientAssertion(parsing: text) }
    }

    @Test("CA-2: an assertion is remembered by client and jti")
    func singleUse() throws {
        let key = try TestClientKey("batch")
        let first = try Self.verify(key: key)
        #expect(try Self.verify(key: key).id == first.id)
        #expect(try Self.verify(["jti": "jti-2"], key: key).id != first.id)
    }
}
