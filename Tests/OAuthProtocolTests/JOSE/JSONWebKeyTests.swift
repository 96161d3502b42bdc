import OAuthProtocol
import OpenSSLCrypto
import Testing

/// RFC 7517: keys in, keys out, and keys that are none.
struct JSONWebKeyTests {
    private static let ec: JSONObject = [
        "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    ]
    private static let ed: JSONObject = [
        "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    ]

    private static func rsa(modulus: [UInt8], exponent: [UInt8]) -> JSONObject {
        [
            "kty": "RSA", "n": .string(Base64URL.encode(modulus)), "e": .string(Base64URL.encode(exponent)),
        ]
    }

    private static func modulus(_ count: Int) -> [UInt8] {
        [0xC5] + Array(repeating: 0x5A, count: count - 2) + [0x01]
    }

    private static func changed(_ key: JSONObject, _ changes: (String, JSONValue?)...) -> JSONObject {
        var key = key
        for (name, value) in changes { key[name] = value }
        return key
    }

    @Test(
        "MD-9: what we publish has kid, use and alg, no private member, and reads back",
        arguments: SignatureAlgorithm.allCases
    )
    func roundTrip(algorithm: SignatureAlgorithm) throws {
        let key = SigningKey(privateKey: try PrivateKey.generate(algorithm), algorithm: algorithm)
        let json = key.jsonWebKey.json
        #expect(json["use"] == "sig")
        #expect(json["alg"] == .string(algorithm.rawValue))
        #expect(json["kid"]?.stringValue == JSONWebKey.thumbprint(of: key.privateKey.publicKey))
        let allowed: Set = ["kty", "crv", "x", "y", "n", "e", "kid", "use", "alg"]
        #expect(Set(json.names).isSubset(of: allowed))
        #expect(try JSONWebKey(json) == key.jsonWebKey)
        let set = JSONWebKeySet(keys: [key.jsonWebKey])
        #expect(try JSONWebKeySet(parsing: set.serialized()) == set)
    }

    @Test("names and restrictions are read")
    func names() throws {
        let bare = try JSONWebKey(JSONWebKeyTests.ec)
        #expect(bare.keyID == nil && bare.algorithm == nil && bare.use == nil)
        #expect(bare.supports(.es256) && !bare.supports(.edDSA) && !bare.supports(.rs256))
        let full = try JSONWebKey(
            JSONWebKeyTests.changed(
                JSONWebKeyTests.ec,
                ("kid", "a"),
                ("alg", "ES256"),
                ("use", "sig"),
                ("key_ops", ["verify"]),
                ("x5c", ["AAAA"]),
                ("unknown", 1)
            )
        )
        #expect(full.keyID == "a" && full.algorithm == .es256 && full.use == "sig")
    }

    @Test("RFC 9864 §2.2: Ed25519 is a name of EdDSA")
    func fullySpecifiedName() throws {
        let key = try JSONWebKey(JSONWebKeyTests.changed(JSONWebKeyTests.ed, ("alg", "Ed25519")))
        #expect(key.algorithm == .edDSA)
    }

    @Test(
        "keys that are not for our signatures",
        arguments: [
            ["kty": "oct", "k": "AAAA"], ["kty": "EC", "crv": "brainpoolP384r1", "x": "AA", "y": "AA"],
            ["kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"], ["kty": "OKP", "crv": "X25519", "x": "AA"],
            ["kty": "OKP", "crv": "Ed448", "x": "AA"], ["kty": "EC", "crv": "Ed25519", "x": "AA"],
            ["kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"], ["kty": "ec", "crv": "P-256", "x": "AA", "y": "AA"],
            ["kty": "EC", "x": "AA", "y": "AA"], changed(ec, ("use", "enc")), changed(ec, ("use", 1)),
            changed(ec, ("key_ops", ["sign"])), changed(ec, ("key_ops", "verify")), changed(ec, ("alg", "ECDH-ES")),
            changed(ec, ("alg", "HS256")), changed(ec, ("alg", "none")), changed(ec, ("alg", 1)),
        ] as [JSONObject]
    )
    func unsupported(json: JSONObject) {
        #expect(refusal { _ = try JSONWebKey(json) } == .unsupportedKey)
    }

    @Test(
        "D-35: missing, misspelled and unsound numbers",
        arguments: [
            [:], ["kty": 1], changed(ec, ("x", nil)), changed(ec, ("y", nil)), changed(ec, ("x", 1)),
            changed(ec, ("x", "")),
            changed(ec, ("x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU=")),
            changed(ec, ("x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEV")), changed(ec, ("x", "AA")),
            changed(ec, ("y", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")),
            changed(ec, ("alg", "RS256")), changed(ec, ("alg", "EdDSA")), changed(ed, ("x", "AAAA")),
            changed(ec, ("kid", 1)), changed(ec, ("kid", "")), changed(ec, ("kid", "a\nb")),
            changed(ec, ("kid", .string(String(repeating: "a", count: 257)))),
            rsa(modulus: modulus(128), exponent: [1, 0, 1]), rsa(modulus: modulus(255), exponent: [1, 0, 1]),
            rsa(modulus: modulus(256), exponent: [1]), rsa(modulus: modulus(256), exponent: [2]),
            rsa(modulus: modulus(256), exponent: [0]), rsa(modulus: [0] + modulus(255), exponent: [1, 0, 1]),
            changed(rsa(modulus: modulus(256), exponent: [1, 0, 1]), ("e", nil)),
            changed(rsa(modulus: modulus(256), exponent: [1, 0, 1]), ("alg", "ES256")),
        ] as [JSONObject]
    )
    func invalid(json: JSONObject) {
        #expect(refusal { _ = try JSONWebKey(json) } == .invalidKey)
    }

    @Test("a key that gives its secret away is no key", arguments: ["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
    func privateMembers(name: String) {
        for json in [JSONWebKeyTests.ec, JSONWebKeyTests.ed] {
            #expect(refusal { _ = try JSONWebKey(JSONWebKeyTests.changed(json, (name, "AAAA"))) } == .privateKey)
        }
    }

    @Test("a signing key prints nothing of itself")
    func redacted() throws {
        let key = SigningKey(privateKey: try PrivateKey.generate(.es256), algorithm: .es256)
        var dumped = ""
        dump(key, to: &dumped)
        #expect("\(key) \(String(reflecting: key))" == "<redacted> <redacted>")
        #expect(dumped.contains("<redacted>") && !dumped.contains(key.keyID))
    }
}
