import OAuthProtocol
import OpenSSLCrypto
import Testing

/// RFC 7519: tokens of others, and their registered claims.
struct JSONWebTokenTests {
    private let tokens: SignedTokens
    private let assertionTypes: Set<String?> = [nil, "jwt", "client-authentication+jwt"]

    init() throws {
        tokens = try SignedTokens()
    }

    private func refusal(_ token: String, types: Set<String?>) -> JOSEError? {
        OAuthProtocolTests.refusal {
            _ = try JSONWebToken.verified(token, keys: tokens.keys, algorithms: [.es256], types: types)
        }
    }

    @Test("claims of a token that its key signed")
    func verifies() throws {
        let token = try tokens.signingKey.sign(type: "JWT", payload: Array(#"{"iss":"me","n":1.5}"#.utf8))
        let claims = try JSONWebToken.verified(token, keys: tokens.keys, algorithms: [.es256], types: ["JWT"])
        #expect(claims["iss"] == "me" && claims["n"]?.integerValue == nil)
        #expect(try JSONWebToken.unverifiedClaims(of: CompactJWS(parsing: token)) == claims)
    }

    @Test(
        "CA-4, D-36: only the types asked for",
        arguments: [
            (#","typ":"JWT""#, true), (#","typ":"jwt""#, true), ("", true),
            (#","typ":"client-authentication+jwt""#, true),
            (#","typ":"application/client-authentication+jwt""#, true), (#","typ":"at+jwt""#, false),
            (#","typ":"AT+JWT""#, false), (#","typ":"application/at+jwt""#, false),
            (#","typ":"oauth-id-jag+jwt""#, false),
            (#","typ":"dpop+jwt""#, false), (#","typ":"logout+jwt""#, false), (#","typ":"x""#, false),
        ]
    )
    func types(member: String, isAccepted: Bool) throws {
        let token = try tokens.token(header: #"{"alg":"ES256","kid":"k1"\#(member)}"#)
        #expect(refusal(token, types: assertionTypes) == (isAccepted ? nil : .wrongType))
    }

    @Test("a type that must be there")
    func typeRequired() throws {
        let token = try tokens.token(header: #"{"alg":"ES256","kid":"k1"}"#)
        #expect(refusal(token, types: ["oauth-id-jag+jwt"]) == .wrongType)
        #expect(refusal(token, types: []) == .wrongType)
    }

    @Test(
        "D-34: payloads that are no strict objects",
        arguments: ["[]", "1", #"{"a":1,"a":1}"#, "{} x", "\u{FEFF}{}", "{'a':1}"]
    )
    func payloads(payload: String) throws {
        let token = try tokens.token(header: #"{"alg":"ES256","kid":"k1"}"#, payload: payload)
        #expect(refusal(token, types: [nil]) == .malformed)
    }

    @Test("D-30, D-35: a foreign key, an algorithm not asked for")
    func foreign() throws {
        let token = try SignedTokens().token(header: #"{"alg":"ES256","kid":"k1"}"#)
        #expect(refusal(token, types: [nil]) == .invalidSignature)
        let own = try tokens.token(header: #"{"alg":"ES256","kid":"k1"}"#)
        #expect(
            OAuthProtocolTests.refusal {
                _ = try JSONWebToken.verified(own, keys: tokens.keys, algorithms: [.rs256, .edDSA], types: [nil])
            } == .unsupportedAlgorithm
        )
    }

    @Test("the registered claims, all and none")
    func registered() throws {
        let claims = try RegisteredClaims([
            "iss": "i", "sub": "s", "aud": "a", "exp": 30, "nbf": 20, "iat": 10, "jti": "j", "other": 1,
        ])
        #expect(claims.issuer == "i" && claims.subject == "s" && claims.audience == ["a"] && claims.tokenID == "j")
        #expect(claims.expiresAt == Timestamp(secondsSinceEpoch: 30))
        #expect(claims.notBefore == Timestamp(secondsSinceEpoch: 20))
        #expect(claims.issuedAt == Timestamp(secondsSinceEpoch: 10))
        let none = try RegisteredClaims([:])
        #expect(none.issuer == nil && none.audience.isEmpty && none.expiresAt == nil && none.tokenID == nil)
        #expect(try RegisteredClaims(["aud": ["a", "b"]]).audience == ["a", "b"])
        #expect(try RegisteredClaims(["aud": []]).audience.isEmpty)
    }

    @Test(
        "D-38: wrong types",
        arguments: [
            ("iss", "1"), ("iss", "null"), ("sub", #"["s"]"#), ("jti", "1"), ("aud", "1"), ("aud", #"["a",1]"#),
            ("aud", "{}"), ("aud", "null"), ("exp", #""1700000000""#), ("exp", "1700000000.5"), ("exp", "1.7e9"),
            ("exp", "-1"), ("exp", "null"), ("exp", "true"), ("exp", "9223372036854775807"), ("exp", "1e400"),
            ("exp", "253402300800"), ("nbf", "1.5"), ("iat", #""1""#), ("iat", "99999999999999999999"),
        ]
    )
    func wrongTypes(name: String, value: String) throws {
        let json = try JSONParser.parseObject(Array("{\"\(name)\":\(value)}".utf8))
        #expect(OAuthProtocolTests.refusal { _ = try RegisteredClaims(json) } == .invalidClaim(name))
    }

    @Test(
        "CA-2: the dates, with and without skew",
        arguments: [
            (["exp": 100], 99, 0, nil), (["exp": 100], 100, 0, .expired), (["exp": 100], 159, 60, nil),
            (["exp": 100], 160, 60, .expired), ([:], 1, 0, .missingClaim("exp")),
            (["iat": 5], 9, 0, .missingClaim("exp")),
            (["exp": 100, "nbf": 50], 49, 0, .notYetValid), (["exp": 100, "nbf": 50], 50, 0, nil),
            (["exp": 100, "iat": 50], 49, 0, .notYetValid), (["exp": 100, "iat": 50], 49, 1, nil),
        ] as [(JSONObject, Int64, Int, JOSEError?)]
    )
    func dates(claims: JSONObject, now: Int64, skew: Int, expected: JOSEError?) throws {
        let registered = try RegisteredClaims(claims)
        #expect(
            OAuthProtocolTests.refusal {
                try registered.checkDates(now: Timestamp(secondsSinceEpoch: now), clockSkewSeconds: skew)
            } == expected
        )
    }

    @Test("errors say which rule, in ASCII without quotes")
    func descriptions() {
        let errors: [JOSEError] = [
            .tooLarge, .malformed, .invalidHeader("kid"), .unsupportedHeader("crit"), .unsupportedAlgorithm, .wrongType,
            .unknownKey, .invalidSignature, .missingClaim("exp"), .invalidClaim("exp"), .wrongIssuer, .expired,
            .notYetValid,
            .unsupportedKey, .invalidKey, .privateKey, .tooManyKeys,
        ]
        #expect(Set(errors.map(\.description)).count == errors.count)
        for error in errors {
            #expect(error.description.utf8.allSatisfy { 0x20...0x7E ~= $0 && $0 != 0x22 && $0 != 0x5C })
        }
    }
}
