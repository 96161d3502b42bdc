import OAuthProtocol
import OpenSSLCrypto
import Testing

/// RFC 9068 §4: our own tokens, coming back.
struct AccessTokenVerifierTests {
    private let verifier = AccessTokenVerifier(issuer: "https://auth.example.com")
    private let now = Timestamp(secondsSinceEpoch: 1_700_000_100)
    private let tokens: SignedTokens

    init() throws {
        tokens = try SignedTokens()
    }

    private func refusal(
        _ token: String,
        keys: JSONWebKeySet? = nil,
        now: Int64 = 1_700_000_100,
        skew: Int = 0
    ) -> JOSEError? {
        OAuthProtocolTests.refusal {
            _ = try verifier.verify(
                token,
                keys: keys ?? tokens.keys,
                now: Timestamp(secondsSinceEpoch: now),
                clockSkewSeconds: skew
            )
        }
    }

    private func payload(_ claims: AccessTokenClaims = sampleClaims()) -> String {
        String(decoding: claims.payload(), as: UTF8.self)
    }

    @Test("JW-1: what we sign, we accept, with every algorithm", arguments: SignatureAlgorithm.allCases)
    func accepts(algorithm: SignatureAlgorithm) throws {
        let tokens = try SignedTokens(algorithm, keyID: nil)
        let claims = sampleClaims(additionalClaims: ["groups": ["admins"]])
        let token = try tokens.signingKey.sign(type: "at+jwt", payload: claims.payload())
        #expect(try verifier.verify(token, keys: tokens.keys, now: now) == claims)
        let jws = try CompactJWS(parsing: token)
        #expect(jws.header.type == "at+jwt" && jws.header.algorithm == algorithm)
        #expect(jws.header.keyID == JSONWebKey.thumbprint(of: tokens.privateKey.publicKey))
        // JW-4: below 4 KiB.
        #expect(token.utf8.count < 4_096)
        // D-39: the published set, read by somebody else, verifies it too.
        let published = try JSONWebKeySet(parsing: tokens.keys.serialized())
        #expect(try verifier.verify(token, keys: published, now: now) == claims)
    }

    @Test("JW-1: the header, byte for byte")
    func header() throws {
        let token = try tokens.signingKey.sign(type: "at+jwt", payload: Array("{}".utf8))
        let header = try #require(Base64URL.decode(String(token.prefix { $0 != "." })))
        #expect(String(decoding: header, as: UTF8.self) == #"{"alg":"ES256","kid":"k1","typ":"at+jwt"}"#)
    }

    @Test(
        "RFC 9068 §4: other spellings of the header are the same header",
        arguments: [
            #"{"typ":"at+jwt","alg":"ES256","kid":"k1"}"#, #"{"alg":"ES256","kid":"k1","typ":"application/at+jwt"}"#,
            #"{"alg":"ES256","kid":"k1","typ":"AT+JWT"}"#, #"{ "alg":"ES256","kid":"k1","typ":"at+jwt","x":1}"#,
        ]
    )
    func otherHeaders(header: String) throws {
        #expect(refusal(try tokens.token(header: header, payload: payload())) == nil)
    }

    @Test(
        "JW-6, D-36: a token of another type is no access token",
        arguments: [
            "JWT", "jwt", "client-authentication+jwt", "oauth-id-jag+jwt", "dpop+jwt", "logout+jwt",
            "token-introspection+jwt",
            "secevent+jwt", "at+jwt ", "application/x/at+jwt", "application/", "at",
        ]
    )
    func wrongTypes(type: String) throws {
        let signed = try tokens.signingKey.sign(type: type, payload: sampleClaims().payload())
        #expect(refusal(signed) == .wrongType)
        let header = #"{"alg":"ES256","kid":"k1"}"#
        #expect(refusal(try tokens.token(header: header, payload: payload())) == .wrongType)
    }

    @Test("D-31: our tokens name their key, and the key is known")
    func unknownKeys() throws {
        for keyID in [#""k2""#, #""../k1""#, #""K1""#] {
            let header = #"{"alg":"ES256","kid":\#(keyID),"typ":"at+jwt"}"#
            #expect(refusal(try tokens.token(header: header, payload: payload())) == .unknownKey)
        }
        let nameless = try tokens.token(header: #"{"alg":"ES256","typ":"at+jwt"}"#, payload: payload())
        #expect(refusal(nameless) == .unknownKey)
        let token = try tokens.signingKey.sign(type: "at+jwt", payload: sampleClaims().payload())
        // D-39: a key that was removed no longer verifies.
        #expect(refusal(token, keys: JSONWebKeySet(keys: [])) == .unknownKey)
        #expect(refusal(token, keys: try SignedTokens(keyID: "k2").keys) == .unknownKey)
    }

    @Test("D-39: during a rotation the tokens of both keys verify")
    func rotation() throws {
        let next = try SignedTokens(.edDSA, keyID: "k2")
        let keys = JSONWebKeySet(keys: next.keys.keys + tokens.keys.keys)
        for key in [tokens.signingKey, next.signingKey] {
            #expect(refusal(try key.sign(type: "at+jwt", payload: sampleClaims().payload()), keys: keys) == nil)
        }
    }

    @Test("D-30: HMAC with the public key, none, and another algorithm than the key's")
    func algorithmConfusion() throws {
        let body = Base64URL.encode(sampleClaims().payload())
        for algorithm in ["HS256", "none", "RS256", "EdDSA", "PS256"] {
            let header = Base64URL.encode(Array(#"{"alg":"\#(algorithm)","kid":"k1","typ":"at+jwt"}"#.utf8))
            let input = "\(header).\(body)"
            let pem = Array(tokens.privateKey.publicKey.pem.utf8)
            let code = HMACSHA256Key(pem).authenticationCode(for: Array(input.utf8))
            let expected: JOSEError = ["HS256", "none"].contains(algorithm) ? .unsupportedAlgorithm : .unknownKey
            #expect(refusal("\(input).\(Base64URL.encode(code.bytes))") == expected)
            #expect(refusal("\(input).") == .malformed)
        }
    }

    @Test("D-35: a signature of zeros, in DER, of another key, of another payload")
    func signatures() throws {
        let token = try tokens.signingKey.sign(type: "at+jwt", payload: sampleClaims().payload())
        let parts = token.split(separator: ".").map(String.init)
        #expect(
            refusal("\(parts[0]).\(parts[1]).\(Base64URL.encode(Array(repeating: 0, count: 64)))") == .invalidSignature
        )
        let foreign = try SignedTokens().signingKey.sign(type: "at+jwt", payload: sampleClaims().payload())
        #expect(refusal(foreign) == .invalidSignature)
        var claims = sampleClaims()
        claims.subject = "somebody else"
        #expect(refusal("\(parts[0]).\(Base64URL.encode(claims.payload())).\(parts[2])") == .invalidSignature)
    }

    @Test("D-38: not a second too long, and not from the future")
    func dates() throws {
        let token = try tokens.signingKey.sign(type: "at+jwt", payload: sampleClaims().payload())
        #expect(refusal(token, now: 1_700_003_599) == nil)
        #expect(refusal(token, now: 1_700_003_600) == .expired)
        #expect(refusal(token, now: 1_700_003_629, skew: 30) == nil)
        #expect(refusal(token, now: 1_700_003_630, skew: 30) == .expired)
        #expect(refusal(token, now: 1_700_000_000) == nil)
        #expect(refusal(token, now: 1_699_999_999) == .notYetValid)
        #expect(refusal(token, now: 1_699_999_970, skew: 30) == nil)
        #expect(refusal(token, now: 1_699_999_969, skew: 30) == .notYetValid)
    }

    @Test(
        "the issuer is ours, byte for byte",
        arguments: [
            "https://auth.example.com/", "https://evil.example", "HTTPS://auth.example.com",
            "https://auth.example.co\u{6D}\u{301}",
        ]
    )
    func issuers(issuer: String) throws {
        var claims = sampleClaims()
        claims.issuer = issuer
        #expect(refusal(try tokens.signingKey.sign(type: "at+jwt", payload: claims.payload())) == .wrongIssuer)
    }

    @Test("D-34: payloads that are not strict, properly signed")
    func payloads() throws {
        let header = #"{"alg":"ES256","kid":"k1","typ":"at+jwt"}"#
        let good = payload()
        #expect(refusal(try tokens.token(header: header, payload: good)) == nil)
        for hostile in ["", "[]", "null", good + " x", good + good, good.dropLast() + #","exp":9999999999}"#] {
            #expect(refusal(try tokens.token(header: header, payload: String(hostile))) == .malformed)
        }
        #expect(refusal(try tokens.token(header: header, payload: "{}")) == .missingClaim("iss"))
        let float = good.replacing("1700003600", with: "1700003600.5")
        #expect(refusal(try tokens.token(header: header, payload: float)) == .invalidClaim("exp"))
    }

    @Test(
        "tokens that are no tokens",
        arguments: ["", ".", "..", "a.b.c", "Bearer x", "gr_abc", "null", "e30.e30.e30"]
    )
    func malformed(token: String) {
        #expect(refusal(token) != nil)
    }

    @Test("the length is bounded before anything is read")
    func bounds() {
        #expect(refusal(String(repeating: "a", count: 16_385)) == .tooLarge)
        #expect(refusal(String(repeating: "a", count: 16_384)) == .malformed)
    }

    @Test("a key is not asked for an algorithm that it has not")
    func signsOwnAlgorithmOnly() throws {
        let key = SigningKey(privateKey: tokens.privateKey, algorithm: .rs256)
        #expect(throws: CryptoError.self) { try key.sign(type: "at+jwt", payload: []) }
    }
}
