import OAuthProtocol
import OpenSSLCrypto
import Testing

/// RFC 7517 §5: sets of keys, ours and others'.
struct JSONWebKeySetTests {
    private func parse(_ text: String) throws -> JSONWebKeySet { try JSONWebKeySet(parsing: Array(text.utf8)) }

    private func key(_ algorithm: SignatureAlgorithm, keyID: String?, declares: Bool = true) throws -> JSONWebKey {
        let publicKey = try PrivateKey.generate(algorithm).publicKey
        return JSONWebKey(publicKey: publicKey, keyID: keyID, algorithm: declares ? algorithm : nil)
    }

    @Test("RFC 7517 §5: keys that we cannot use are skipped, the others stay")
    func skips() throws {
        let good = try key(.es256, keyID: "good")
        var leaked = good.json
        leaked["d"] = "AAAA"
        let elements: [JSONValue] = [
            ["kty": "oct", "k": "AAAA"], 1, .null, "x", [], [:], ["kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"],
            ["kty": "RSA", "n": "AQAB", "e": "AQAB"], .object(leaked), .object(good.json),
        ]
        let set = try JSONWebKeySet(parsing: JSONObject([("keys", .array(elements)), ("other", 1)]).serialized())
        #expect(set.keys == [good])
    }

    @Test(
        "what is no set",
        arguments: [
            "", "[]", "{}", #"{"keys":{}}"#, #"{"keys":null}"#, #"{"keys":"x"}"#, #"{"keys":[],"keys":[]}"#,
            #"{"keys":[]} x"#,
        ]
    )
    func malformed(text: String) {
        #expect(refusal { _ = try parse(text) } == .malformed)
    }

    @Test("an empty set is a set; the number of keys is bounded")
    func bounds() throws {
        #expect(try parse(#"{"keys":[]}"#).keys.isEmpty)
        func keys(_ count: Int) -> String {
            "{\"keys\":[\(Array(repeating: "{}", count: count).joined(separator: ","))]}"
        }
        #expect(try parse(keys(100)).keys.isEmpty)
        #expect(refusal { _ = try parse(keys(101)) } == .tooManyKeys)
    }

    @Test("D-31: candidates by kid and algorithm")
    func candidates() throws {
        let a = try key(.es256, keyID: "a")
        let b = try key(.es256, keyID: "b")
        let sameName = try key(.edDSA, keyID: "a")
        let set = JSONWebKeySet(keys: [a, b, sameName])
        #expect(set.candidates(keyID: "a", algorithm: .es256) == [a])
        #expect(set.candidates(keyID: "a", algorithm: .edDSA) == [sameName])
        #expect(set.candidates(keyID: "b", algorithm: .edDSA).isEmpty)
        #expect(set.candidates(keyID: "c", algorithm: .es256).isEmpty)
        #expect(set.candidates(keyID: "A", algorithm: .es256).isEmpty)
        #expect(set.candidates(keyID: nil, algorithm: .es256) == [a, b])
        #expect(set.candidates(keyID: nil, algorithm: .rs256).isEmpty)
    }

    @Test("keys without kid answer for a kid that no key bears")
    func nameless() throws {
        let named = try key(.es256, keyID: "a")
        let nameless = try key(.es256, keyID: nil)
        let set = JSONWebKeySet(keys: [named, nameless])
        #expect(set.candidates(keyID: "a", algorithm: .es256) == [named])
        #expect(set.candidates(keyID: "x", algorithm: .es256) == [nameless])
    }

    @Test("an RSA key does RS256 and PS256, unless its alg says which")
    func algorithmOfKey() throws {
        let publicKey = try PrivateKey.generate(.rs256).publicKey
        let free = JSONWebKeySet(keys: [JSONWebKey(publicKey: publicKey, keyID: nil, algorithm: nil)])
        #expect(free.candidates(keyID: nil, algorithm: .rs256).count == 1)
        #expect(free.candidates(keyID: nil, algorithm: .ps256).count == 1)
        let bound = JSONWebKeySet(keys: [JSONWebKey(publicKey: publicKey, keyID: nil, algorithm: .ps256)])
        #expect(bound.candidates(keyID: nil, algorithm: .rs256).isEmpty)
        #expect(bound.candidates(keyID: nil, algorithm: .ps256).count == 1)
    }
}
