import OAuthProtocol
import OpenSSLCrypto
import Testing

/// RFC 7515: hostile tokens, each with a signature that is right, so that only the rule named stops it.
struct CompactJWSTests {
    private let tokens: SignedTokens

    init() throws {
        tokens = try SignedTokens()
    }

    private func refusal(header: String) throws -> JOSEError? {
        let token = try tokens.token(header: header)
        return OAuthProtocolTests.refusal {
            try CompactJWS(parsing: token).verify(with: tokens.keys, algorithms: Set(SignatureAlgorithm.allCases))
        }
    }

    @Test(
        "headers that pass",
        arguments: [
            #"{"alg":"ES256"}"#, #"{"alg":"ES256","kid":"k1"}"#, #"{"alg":"ES256","kid":"k1","typ":"at+jwt"}"#,
            #" { "typ" : "JWT" , "alg" : "ES256" } "#, #"{"alg":"ES256","x5t":"AAAA","unknown":{"a":[1]}}"#,
            #"{"alg":"ES256","jku":"https://evil.example/jwks","x5u":"https://evil.example/cert"}"#,
            #"{"alg":"ES256","cty":"text"}"#,
        ]
    )
    func accepts(header: String) throws {
        #expect(try refusal(header: header) == nil)
    }

    @Test(
        "D-30: the algorithm is one of ours and the key's",
        arguments: [
            (#"{"alg":"none"}"#, .unsupportedAlgorithm), (#"{"alg":"None"}"#, .unsupportedAlgorithm),
            (#"{"alg":""}"#, .unsupportedAlgorithm), (#"{"alg":"HS256"}"#, .unsupportedAlgorithm),
            (#"{"alg":"HS512"}"#, .unsupportedAlgorithm), (#"{"alg":"ES384"}"#, .unsupportedAlgorithm),
            (#"{"alg":"ES512"}"#, .unsupportedAlgorithm), (#"{"alg":"RS1"}"#, .unsupportedAlgorithm),
            (#"{"alg":"es256"}"#, .unsupportedAlgorithm),
            (#"{"alg":"ES256K"}"#, .unsupportedAlgorithm), (#"{"alg":" ES256"}"#, .unsupportedAlgorithm),
            (#"{"alg":"RS256"}"#, .unknownKey), (#"{"alg":"PS256"}"#, .unknownKey), (#"{"alg":"EdDSA"}"#, .unknownKey),
            (#"{"alg":"Ed25519"}"#, .unknownKey), (#"{"alg":["ES256"]}"#, .invalidHeader("alg")),
            (#"{"alg":null}"#, .invalidHeader("alg")), (#"{"alg":1}"#, .invalidHeader("alg")),
            (#"{"kid":"k1"}"#, .invalidHeader("alg")), ("{}", .invalidHeader("alg")),
        ] as [(String, JOSEError)]
    )
    func algorithms(header: String, expected: JOSEError) throws {
        #expect(try refusal(header: header) == expected)
    }

    @Test("D-30: an algorithm of ours that the caller did not ask for")
    func algorithmNotAskedFor() throws {
        let token = try tokens.token(header: #"{"alg":"ES256","kid":"k1"}"#)
        let jws = try CompactJWS(parsing: token)
        #expect(
            OAuthProtocolTests.refusal { try jws.verify(with: tokens.keys, algorithms: [.rs256]) }
                == .unsupportedAlgorithm
        )
        #expect(
            OAuthProtocolTests.refusal { try jws.verify(with: tokens.keys, algorithms: []) } == .unsupportedAlgorithm
        )
    }

    @Test(
        "D-31: a kid is short printable text and names a key",
        arguments: [
            (#""../../../../etc/passwd""#, .unknownKey), (#""' OR 1=1 --""#, .unknownKey),
            (#""https://evil.example/key""#, .unknownKey), (#""K1""#, .unknownKey), (#""k1 ""#, .unknownKey),
            ("\"\(String(repeating: "a", count: 256))\"", .unknownKey),
            ("\"\(String(repeating: "a", count: 257))\"", .invalidHeader("kid")),
            ("\"\(String(repeating: "a", count: 10_240))\"", .tooLarge), (#""""#, .invalidHeader("kid")),
            (#"["k1"]"#, .invalidHeader("kid")), ("1", .invalidHeader("kid")), ("null", .invalidHeader("kid")),
            (#"{"k1":1}"#, .invalidHeader("kid")), (#""k1\u0000""#, .invalidHeader("kid")),
            (#""k1\n""#, .invalidHeader("kid")), (#""\u001b[2J""#, .invalidHeader("kid")),
            ("\"k\u{E9}\"", .invalidHeader("kid")), (#""\u212a1""#, .invalidHeader("kid")),
        ] as [(String, JOSEError)]
    )
    func keyIDs(keyID: String, expected: JOSEError) throws {
        #expect(try refusal(header: #"{"alg":"ES256","kid":\#(keyID)}"#) == expected)
    }

    @Test(
        "D-32, D-33: embedded keys, extensions, detached or compressed payloads, nested tokens",
        arguments: [
            (#""jwk":{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#, "jwk"), (#""x5c":["AAAA"]"#, "x5c"),
            (#""crit":["exp"],"exp":1"#, "crit"), (#""crit":[]"#, "crit"), (#""crit":null"#, "crit"),
            (#""crit":["b64"],"b64":false"#, "crit"), (#""b64":false"#, "b64"), (#""b64":true"#, "b64"),
            (#""zip":"DEF""#, "zip"), (#""enc":"A256GCM""#, "enc"), (#""cty":"JWT""#, "cty"), (#""cty":"jwt""#, "cty"),
        ]
    )
    func refusedParameters(member: String, name: String) throws {
        #expect(try refusal(header: #"{"alg":"ES256","kid":"k1",\#(member)}"#) == .unsupportedHeader(name))
    }

    @Test(
        "typ and cty are short printable text",
        arguments: [#""typ":1"#, #""typ":["JWT"]"#, #""typ":"""#, #""typ":"a\u0000""#, #""cty":1"#]
    )
    func types(member: String) throws {
        let name = String(member.dropFirst().prefix(3))
        #expect(try refusal(header: #"{"alg":"ES256",\#(member)}"#) == .invalidHeader(name))
    }

    @Test(
        "D-34: the header is one strict JSON object",
        arguments: [
            #"{"alg":"ES256","alg":"ES256"}"#, #"{"alg":"none","alg":"ES256"}"#, #"{"alg":"ES256","\u0061lg":"none"}"#,
            #"{"alg":"ES256"}{}"#, #"{"alg":"ES256"} x"#, #"{"alg":"ES256""#, "[]", #""ES256""#, "null", " ",
            "\u{FEFF}{\"alg\":\"ES256\"}", #"{'alg':'ES256'}"#, #"{"alg":"ES256",}"#, #"{"alg":"\ud800"}"#,
            #"{"alg":"ES256","a":\#(String(repeating: "[", count: 9) + String(repeating: "]", count: 9))}"#,
        ]
    )
    func headerJSON(header: String) throws {
        #expect(try refusal(header: header) == .malformed)
    }

    @Test("D-34: a header that is not UTF-8")
    func headerUTF8() throws {
        let header = Array(#"{"alg":"ES256","x":""#.utf8) + [0xFF] + Array(#""}"#.utf8)
        let token = try tokens.token(header: header, payload: [])
        #expect(OAuthProtocolTests.refusal { _ = try CompactJWS(parsing: token) } == .malformed)
        let filled = try tokens.token(header: header, payload: Array("{}".utf8))
        #expect(OAuthProtocolTests.refusal { _ = try CompactJWS(parsing: filled) } == .malformed)
    }

    @Test("D-34: three segments of strict base64url, nothing around them")
    func segments() throws {
        let good = try tokens.token(header: #"{"alg":"ES256"}"#, payload: #"{"a":12}"#)
        _ = try CompactJWS(parsing: good)
        let parts = good.split(separator: ".").map(String.init)
        let (header, payload, signature) = (parts[0], parts[1], parts[2])
        let hostile = [
            "", ".", "..", "...", "....", header, "\(header).\(payload)", "\(header).\(payload).",
            "\(header)..\(signature)", ".\(payload).\(signature)", "\(good).", ".\(good)", "\(good).\(signature)",
            "\(good).a.b", " \(good)", "\(good) ", "\(good)\n", "\(header).\n\(payload).\(signature)",
            "\(header)=.\(payload).\(signature)", "\(header).\(payload)=.\(signature)", "\(good)=", "\(good)==",
            "\(header).\(payload).\(signature.dropLast())",
            "\(header).\(payload).+\(signature.dropFirst())", "\(header).\(payload).\(signature)\0",
            "\(header).\(payload).\(signature.dropLast())é", "Bearer \(good)",
        ]
        for token in hostile {
            #expect(OAuthProtocolTests.refusal { _ = try CompactJWS(parsing: token) } == .malformed, "\(token)")
        }
    }

    @Test("D-34: a token of one length has one spelling: stray bits of the last symbol are refused")
    func strayBits() throws {
        let good = try tokens.token(header: #"{"alg":"ES256"}"#)
        let symbols = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        let accepted = symbols.filter { symbol in
            let token = String(good.dropLast()) + String(symbol)
            return OAuthProtocolTests.refusal {
                try CompactJWS(parsing: token).verify(with: tokens.keys, algorithms: [.es256])
            } == nil
        }
        #expect(accepted == String(good.suffix(1)))
    }

    @Test("the length is bounded")
    func bounds() throws {
        let token = try tokens.token(header: #"{"alg":"ES256"}"#, payload: String(repeating: " ", count: 13_000))
        #expect(token.utf8.count > 16_384)
        #expect(OAuthProtocolTests.refusal { _ = try CompactJWS(parsing: token) } == .tooLarge)
        _ = try CompactJWS(parsing: token, maximumBytes: token.utf8.count)
        #expect(
            OAuthProtocolTests.refusal { _ = try CompactJWS(parsing: token, maximumBytes: token.utf8.count - 1) }
                == .tooLarge
        )
    }

    @Test("D-35: zero, DER, short, long and swapped signatures")
    func signatures() throws {
        let input = "\(Base64URL.encode(Array(#"{"alg":"ES256","kid":"k1"}"#.utf8))).e30"
        let signature = try tokens.privateKey.signature(for: Array(input.utf8), using: .es256)
        let (r, s) = (Array(signature[..<32]), Array(signature[32...]))
        let der = [0x30, 0x44, 0x02, 0x20] + r + [0x02, 0x20] + s
        let hostile: [[UInt8]] = [
            Array(repeating: 0, count: 64), r + Array(repeating: 0, count: 32), Array(repeating: 0, count: 32) + s,
            Array(repeating: 0xFF, count: 64), der, s + r, signature + [0], Array(signature.dropLast()),
            [0] + signature,
            [0x30], Array(repeating: 0, count: 132),
        ]
        for bytes in hostile {
            let jws = try CompactJWS(parsing: "\(input).\(Base64URL.encode(bytes))")
            #expect(!jws.isSigned(by: tokens.signingKey.jsonWebKey))
            #expect(
                OAuthProtocolTests.refusal { try jws.verify(with: tokens.keys, algorithms: [.es256]) }
                    == .invalidSignature
            )
        }
        let jws = try CompactJWS(parsing: "\(input).\(Base64URL.encode(signature))")
        #expect(jws.isSigned(by: tokens.signingKey.jsonWebKey))
    }

    @Test("a foreign key with our kid does not verify, and a payload cannot be swapped")
    func foreign() throws {
        let stranger = try SignedTokens()
        let token = try stranger.token(header: #"{"alg":"ES256","kid":"k1"}"#)
        #expect(
            OAuthProtocolTests.refusal {
                try CompactJWS(parsing: token).verify(with: tokens.keys, algorithms: [.es256])
            } == .invalidSignature
        )
        let ours = try tokens.token(header: #"{"alg":"ES256","kid":"k1"}"#).split(separator: ".")
        let swapped = "\(ours[0]).\(Base64URL.encode(Array(#"{"a":1}"#.utf8))).\(ours[2])"
        #expect(!(try CompactJWS(parsing: swapped).isSigned(by: tokens.signingKey.jsonWebKey)))
    }

    @Test("a token without kid is tried with a few keys only")
    func trials() throws {
        let others = try (0..<8).map { _ in try SignedTokens().signingKey.jsonWebKey }
        let jws = try CompactJWS(parsing: tokens.token(header: #"{"alg":"ES256"}"#))
        try jws.verify(with: JSONWebKeySet(keys: others.dropLast() + tokens.keys.keys), algorithms: [.es256])
        #expect(
            OAuthProtocolTests.refusal {
                try jws.verify(with: JSONWebKeySet(keys: others + tokens.keys.keys), algorithms: [.es256])
            } == .invalidSignature
        )
    }

    @Test("a parsed token does not print")
    func redacted() throws {
        let jws = try CompactJWS(parsing: tokens.token(header: #"{"alg":"ES256"}"#, payload: #"{"sub":"secret"}"#))
        #expect("\(jws) \(String(reflecting: jws))" == "<redacted> <redacted>")
    }

    @Test("arbitrary one-byte changes end in a refusal or in another token, never in a trap")
    func mutations() throws {
        let token = Array(try tokens.token(header: #"{"alg":"ES256","kid":"k1"}"#, payload: #"{"a":1}"#).utf8)
        for index in token.indices {
            for byte in [0x00, 0x0A, 0x2E, 0x3D, 0x41] as [UInt8]
            where token[index] != byte {
                var mutated = token
                mutated[index] = byte
                let text = String(decoding: mutated, as: UTF8.self)
                #expect(
                    OAuthProtocolTests.refusal {
                        try CompactJWS(parsing: text).verify(with: tokens.keys, algorithms: [.es256])
                    } != nil
                )
            }
        }
    }
}
