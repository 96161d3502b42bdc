import Foundations
import OAuthProtocol
import OpenSSLCrypto
import Testing

@Suite("RFC 9449 §4.3: the rules of a DPoP proof")
struct TokenRequestProofRuleTests {
    private static let now = Timestamp(secondsSinceEpoch: 1_800_000_000)
    private static let url = "https://server.example.com/token"
    private static let use = DPoPUse(method: "POST", targets: [url])

    /// A key that makes proofs, valid but for what a test changes.
    private struct Maker {
        let key: PrivateKey
        let algorithm: SignatureAlgorithm

        init(_ algorithm: SignatureAlgorithm = .es256) throws {
            key = try PrivateKey.generate(algorithm)
            self.algorithm = algorithm
        }

        var json: JSONObject {
            var json = JSONWebKey(publicKey: key.publicKey, keyID: nil, algorithm: nil).json
            json["use"] = nil
            return json
        }

        func proof(
            claims changes: [String: JSONValue?] = [:],
            header headerChanges: [String: JSONValue?] = [:]
        ) throws -> String {
            var claims: JSONObject = [
                "jti": "one", "htm": "POST", "htu": .string(url), "iat": .integer(Int(now.secondsSinceEpoch)),
            ]
            for (name, value) in changes.sorted(by: { $0.key < $1.key }) { claims[name] = value }
            var header: JSONObject = ["typ": "dpop+jwt", "alg": .string(algorithm.rawValue), "jwk": .object(json)]
            for (name, value) in headerChanges.sorted(by: { $0.key < $1.key }) { header[name] = value }
            let input = Base64URL.encode(header.serialized()) + "." + Base64URL.encode(claims.serialized())
            return input + "." + Base64URL.encode(try key.signature(for: Array(input.utf8), using: algorithm))
        }
    }

    private static func verify(_ text: String, _ use: DPoPUse = use) throws(JOSEError) -> KeyThumbprint {
        let proof = try DPoPProof(parsing: text)
        try proof.check(use, now: now)
        return try proof.verify()
    }

    private static func error(_ text: String, _ use: DPoPUse = use) -> JOSEError? {
        do throws(JOSEError) {
            _ = try verify(text, use)
            return nil
        } catch { return error }
    }

    @Test("RFC 9449 §4.1, §6.1: the proof of the specification, and the thumbprint of its key")
    func example() throws {
        let text =
            "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0Rs"
            + "cEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAt"
            + "MjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29t"
            + "L3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FN"
            + "yJK70nfbV37xRZT3Lg"
        let proof = try DPoPProof(parsing: text)
        try proof.check(Self.use, now: Timestamp(secondsSinceEpoch: 1_562_262_616))
        let key = try proof.verify()
        #expect(key.text == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")
        #expect(KeyThumbprint(key.text) == key)
        #expect(proof.singleUse(by: key).expiry == Timestamp(secondsSinceEpoch: 1_562_262_616 + 301))
    }

    @Test("RFC 9449 §7.1: the hash of the specification's access token")
    func tokenHash() throws {
        let use = DPoPUse(
            method: "POST",
            targets: [Self.url],
            accessToken: "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
        )
        let maker = try Maker()
        let right: JSONValue = "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"
        #expect(Self.error(try maker.proof(claims: ["ath": right]), use) == nil)
        #expect(Self.error(try maker.proof(), use) == .missingClaim("ath"))
        for wrong in ["", 7, "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEp", ["x"]] as [JSONValue] {
            #expect(Self.error(try maker.proof(claims: ["ath": wrong]), use) == .invalidClaim("ath"))
        }
    }

    @Test("every algorithm that is offered is accepted", arguments: DPoPProof.algorithms)
    func algorithms(algorithm: SignatureAlgorithm) throws {
        let maker = try Maker(algorithm)
        #expect(try Self.verify(try maker.proof()) == KeyThumbprint(of: maker.key.publicKey))
    }

    @Test("DP-2: each claim missing, wrong or of another type is refused")
    func claims() throws {
        let maker = try Maker()
        let seconds = Int(Self.now.secondsSinceEpoch)
        let cases: [(String, JSONValue?, JOSEError)] = [
            ("htm", nil, .missingClaim("htm")), ("htm", "GET", .invalidClaim("htm")),
            ("htm", "post", .invalidClaim("htm")),
            ("htm", 7, .invalidClaim("htm")), ("htu", nil, .missingClaim("htu")), ("htu", 7, .invalidClaim("htu")),
            ("htu", "https://server.example.com/other", .invalidClaim("htu")),
            ("htu", "https://evil.example/token", .invalidClaim("htu")),
            ("htu", "http://server.example.com/token", .invalidClaim("htu")),
            ("htu", ["https://server.example.com/token"], .invalidClaim("htu")),
            ("iat", nil, .missingClaim("iat")), ("iat", .integer(seconds - 301), .expired),
            ("iat", .integer(seconds + 301), .notYetValid), ("iat", "1800000000", .invalidClaim("iat")),
            ("jti", nil, .missingClaim("jti")), ("jti", "", .invalidClaim("jti")), ("jti", 7, .invalidClaim("jti")),
            ("jti", .string(String(repeating: "x", count: 257)), .invalidClaim("jti")),
            ("exp", .integer(seconds), .expired), ("nbf", .integer(seconds + 301), .notYetValid),
        ]
        for (name, value, error) in cases {
            #expect(Self.error(try maker.proof(claims: [name: value])) == error, "\(name) \(value ?? .null)")
        }
        for age in [-300, 0, 300] {
            #expect(Self.error(try maker.proof(claims: ["iat": .integer(seconds - age)])) == nil)
        }
        #expect(Self.error(try maker.proof(claims: ["htu": "https://SERVER.example.com:443/token?x=1"])) == nil)
    }

    @Test("DP-2, D-30, D-36: each wrong header is refused")
    func headers() throws {
        let maker = try Maker()
        let other = try Maker()
        var secret = maker.json
        secret["d"] = .string(Base64URL.encode(Array(repeating: 1, count: 32)))
        let cases: [(String, JSONValue?, JOSEError)] = [
            ("typ", nil, .wrongType), ("typ", "JWT", .wrongType), ("typ", "at+jwt", .wrongType),
            ("alg", "none", .unsupportedAlgorithm), ("alg", "HS256", .unsupportedAlgorithm),
            ("alg", "ES384", .unsupportedAlgorithm), ("alg", "RS256", .invalidKey),
            ("jwk", nil, .invalidHeader("jwk")), ("jwk", "key", .invalidHeader("jwk")),
            ("jwk", .object(secret), .privateKey), ("jwk", .object(other.json), .invalidSignature),
            ("jwk", ["kty": "oct", "k": "AAAA"], .unsupportedKey), ("jwk", [:], .invalidKey),
            ("crit", ["exp"], .unsupportedHeader("crit")), ("x5c", ["AAAA"], .unsupportedHeader("x5c")),
        ]
        for (name, value, error) in cases {
            #expect(Self.error(try maker.proof(header: [name: value])) == error, "\(name) \(value ?? .null)")
        }
        #expect(Self.error(try maker.proof(header: ["typ": "application/DPoP+jwt"])) == nil)
    }

    @Test("S-02: a key that is slow to verify with is refused")
    func slowKeys() throws {
        let maker = try Maker(.rs256)
        func key(_ bitCount: Int, exponent: [UInt8] = [1, 0, 1]) -> JSONValue {
            var modulus = SystemRandomSource().bytes(bitCount / 8)
            modulus[0] |= 0x80
            modulus[modulus.count - 1] |= 1
            return [
                "kty": "RSA", "n": .string(Base64URL.encode(modulus)), "e": .string(Base64URL.encode(exponent)),
            ]
        }
        for slow in [key(8192), key(4104), key(2048, exponent: [3])] {
            #expect(Self.error(try maker.proof(header: ["jwk": slow])) == .unsupportedKey)
        }
        #expect(Self.error(try maker.proof(header: ["jwk": key(1024)])) == .invalidKey)
        #expect(Self.error(try maker.proof(header: ["jwk": key(4096)])) == .invalidSignature)
    }

    @Test(
        "what is not one signed token is refused",
        arguments: ["", "a.b", "a.b.c", "a.b.c.d", "e30.e30.AA, e30.e30.AA"]
    )
    func malformed(text: String) {
        #expect(Self.error(text) != nil)
    }

    @Test("a proof longer than 8 KiB is refused before it is parsed")
    func tooLong() throws {
        let text = try Maker().proof(claims: ["x": .string(String(repeating: "x", count: 8192))])
        #expect(Self.error(text) == .tooLarge)
    }

    @Test("RFC 9449 §11.1: the same jti of another key is another proof")
    func identifiers() throws {
        let (first, second) = (try Maker(), try Maker())
        let uses = try [first, second].map { maker in
            let proof = try DPoPProof(parsing: try maker.proof())
            return proof.singleUse(by: try proof.verify()).id
        }
        #expect(uses[0] != uses[1])
    }

    @Test("a thumbprint has one spelling")
    func thumbprints() throws {
        let text = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
        #expect(KeyThumbprint(text)?.text == text)
        for wrong in ["", text + "=", String(text.dropLast()), text.dropLast() + "J", text.dropLast() + "+"] {
            #expect(KeyThumbprint(String(wrong)) == nil)
        }
    }

    @Test("RFC 9449 §6.1: cnf is written and read, and nothing else is taken for it")
    func confirmation() throws {
        let key = try #require(KeyThumbprint("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"))
        var claims = AccessTokenClaims(
            issuer: "https://auth.example.com",
            subject: "u",
            audience: "https://mcp.example.com",
            clientID: "c",
            scope: "",
            tokenID: "t",
            issuedAt: Self.now,
            expiresAt: Self.now
        )
        claims.boundKey = key
        let json = try JSONParser.parseObject(claims.payload())
        #expect(json["cnf"] == ["jkt": .string(key.text)])
        #expect(try AccessTokenClaims(parsing: claims.payload()) == claims)
        for wrong in [
            [:], ["jkt": "short"], ["jkt": 7], "x", ["jkt": .string(key.text), "x5t#S256": "y"], ["x5t#S256": "y"],
        ] as [JSONValue] {
            var changed = json
            changed["cnf"] = wrong
            #expect(throws: JOSEError.invalidClaim("cnf")) { try AccessTokenClaims(parsing: changed.serialized()) }
        }
    }
}
