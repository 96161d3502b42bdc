import OAuthProtocol
import Testing

/// RFC 9068 §2.2: the claims, written and read by hand.
struct AccessTokenClaimsTests {
    private static let required =
        #""iss":"i","sub":"s","aud":"a","client_id":"c","jti":"j","iat":1,"exp":2"#

    private func parse(_ text: String) throws -> AccessTokenClaims { try AccessTokenClaims(parsing: Array(text.utf8)) }

    @Test("JW-1: the payload, byte for byte")
    func writes() {
        let expected = """
            {"iss":"https://auth.example.com","sub":"u_9f86d081884c7d65","aud":"https://mcp.example.com/mcp",\
            "client_id":"c_1b4f0e9851971998","scope":"mcp:read openid","tsid":"Zm9vYmFyYmF6cXV4Zm9v",\
            "jti":"dGhpcyBpcyBhIHRlc3Q","iat":1700000000,"exp":1700003600,"auth_time":1699999990,"groups":["a","b"]}
            """
        let claims = sampleClaims(additionalClaims: ["groups": ["a", "b"]])
        #expect(String(decoding: claims.payload(), as: UTF8.self) == expected)
    }

    @Test("what is optional is left out, never null or empty")
    func omits() throws {
        var claims = sampleClaims()
        claims.scope = ""
        claims.authenticatedAt = nil
        claims.sessionID = nil
        let json = try JSONParser.parseObject(claims.payload())
        #expect(json.names == ["iss", "sub", "aud", "client_id", "jti", "iat", "exp"])
        #expect(try AccessTokenClaims(parsing: claims.payload()) == claims)
    }

    @Test(
        "what is written reads back, whatever the values hold",
        arguments: ["plain", "q\"b\\n\n\0é𝄞\u{7F}", #"","exp":9,"x":""#, "\u{2028}"]
    )
    func roundTrips(text: String) throws {
        var claims = sampleClaims(additionalClaims: ["groups": [.string(text), 1, [:]], "a\"b": .string(text)])
        claims.subject = text
        claims.clientID = text
        claims.sessionID = text
        #expect(try AccessTokenClaims(parsing: claims.payload()) == claims)
        #expect(try JSONParser.parseObject(claims.payload())["sub"] == .string(text))
    }

    @Test("a fraction of a second is cut off: dates are integers")
    func wholeSeconds() throws {
        var claims = sampleClaims()
        claims.issuedAt = Timestamp(millisecondsSinceEpoch: 1_700_000_000_999)
        #expect(try JSONParser.parseObject(claims.payload())["iat"] == 1_700_000_000)
    }

    @Test("mapped claims cannot set what decides about a token", arguments: AccessTokenClaims.reservedNames.sorted())
    func reserved(name: String) throws {
        let claims = sampleClaims(additionalClaims: [name: "evil", "kept": 1])
        let json = try JSONParser.parseObject(claims.payload())
        #expect(json[name] != "evil")
        #expect(json["kept"] == 1)
        if json[name] == nil {
            let text = "{\(AccessTokenClaimsTests.required),\"\(name)\":1}"
            #expect(refusal { _ = try parse(text) } == .invalidClaim(name))
        }
    }

    @Test("whitespace, any order and unknown claims are read")
    func reads() throws {
        let claims = try parse(
            " {\n\"x\" : {\"a\":[1,\"é\"]} , \"exp\" : 2 ,\t\"iat\":1,\"jti\":\"j\",\"client_id\":\"c\",\"aud\":\"a\",\"sub\":\"\\u0073\",\"iss\":\"i\" } "
        )
        #expect(
            claims.subject == "s" && claims.scope.isEmpty && claims.sessionID == nil && claims.authenticatedAt == nil
        )
        #expect(claims.expiresAt == Timestamp(secondsSinceEpoch: 2))
        #expect(claims.additionalClaims == ["x": ["a": [1, "é"]]])
        let similar = try parse(
            "{\(AccessTokenClaimsTests.required),\"exq\":1,\"ixs\":2,\"EXP\":3,\"\":4,\"client-id\":5}"
        )
        #expect(similar.additionalClaims.count == 5)
    }

    @Test(
        "RFC 9068 §2.2: each required claim is required",
        arguments: ["iss", "sub", "aud", "client_id", "jti", "iat", "exp"]
    )
    func missing(name: String) throws {
        var json = try JSONParser.parseObject(Array("{\(AccessTokenClaimsTests.required)}".utf8))
        json[name] = nil
        #expect(refusal { _ = try AccessTokenClaims(parsing: json.serialized()) } == .missingClaim(name))
    }

    @Test(
        "D-38: dates are plain integers in range",
        arguments: [
            #""2""#, "2.0", "2e0", "2E3", "1e400", "-1", "-0", "+2", "02", "00", "null", "true", "[2]", "{}", "NaN",
            "Infinity", "253402300800", "9223372036854775808", "99999999999999999999999999", ".5", "",
        ]
    )
    func dates(value: String) throws {
        for name in ["exp", "iat", "auth_time"] {
            let base = #""iss":"i","sub":"s","aud":"a","client_id":"c","jti":"j""#
            let others = ["exp", "iat"].filter { $0 != name }.map { ",\"\($0)\":2" }.joined()
            #expect(refusal { _ = try parse("{\(base)\(others),\"\(name)\":\(value)}") } == .invalidClaim(name))
        }
    }

    @Test("D-38: the edges of the range")
    func dateRange() throws {
        let claims = try parse(
            #"{"iss":"i","sub":"s","aud":"a","client_id":"c","jti":"j","iat":0,"exp":253402300799}"#
        )
        #expect(claims.issuedAt.secondsSinceEpoch == 0)
        #expect(claims.expiresAt.secondsSinceEpoch == 253_402_300_799)
    }

    @Test(
        "texts are strings and not empty; the audience is one resource (RI-3)",
        arguments: ["iss", "sub", "aud", "client_id", "scope", "jti", "tsid"]
    )
    func texts(name: String) throws {
        for value in ["1", "null", "true", #"["a"]"#, "{}", #""""#] {
            var json = try JSONParser.parseObject(Array("{\(AccessTokenClaimsTests.required)}".utf8))
            json[name] = try JSONParser.parse(Array(value.utf8))
            #expect(refusal { _ = try AccessTokenClaims(parsing: json.serialized()) } == .invalidClaim(name))
        }
    }

    @Test("D-34: a claim occurs once", arguments: ["iss", "sub", "aud", "client_id", "jti"])
    func duplicates(name: String) {
        let required = AccessTokenClaimsTests.required
        #expect(refusal { _ = try parse("{\(required),\"\(name)\":\"x\"}") } == .malformed)
        #expect(refusal { _ = try parse("{\(required),\"exp\":9}") } == .malformed)
        #expect(refusal { _ = try parse("{\(required),\"x\":1,\"x\":1}") } == .malformed)
        #expect(refusal { _ = try parse("{\(required),\"x\":1,\"\\u0078\":1}") } == .malformed)
        #expect(refusal { _ = try parse("{\(required),\"x\":{\"a\":1,\"a\":1}}") } == .malformed)
    }

    @Test("D-34: an escape cannot hide a second expiry")
    func escapedNames() {
        let text = "{\(AccessTokenClaimsTests.required),\"\\u0065xp\":9}"
        #expect(refusal { _ = try parse(text) } == .invalidClaim("exp"))
    }

    @Test(
        "D-34: one strict JSON object",
        arguments: [
            "", " ", "[]", "null", "{", "{}x", #"{"a"}"#, #"{"a":}"#, "{\(required)", "{\(required)}}",
            "{\(required)} {}",
            "{\(required),}", "{,\(required)}", "{\(required) \"x\":1}", "{\(required),\"x\":01}", "{\(required),x:1}",
            "{\(required),\"x\":\"\\ud800\"}", "\u{FEFF}{\(required)}", "{\(required),\"x\":\"\n\"}",
            "{\(required),\"x\":\(String(repeating: "[", count: 40))\(String(repeating: "]", count: 40))}",
        ]
    )
    func malformed(text: String) {
        #expect(refusal { _ = try parse(text) } == .malformed)
    }

    @Test("D-34: not UTF-8, in a value, in an unknown name")
    func invalidUTF8() {
        for place in ["\"sub\":\"", "\"", "\"x\":\""] {
            let end = place == "\"" ? "\":1}" : "\"}"
            let bytes = Array("{\"iss\":\"i\",\(place)".utf8) + [0xC0, 0x80] + Array(end.utf8)
            #expect(refusal { _ = try AccessTokenClaims(parsing: bytes) } == .malformed)
        }
    }

    @Test("the number of mapped claims is bounded")
    func bounds() throws {
        func text(_ count: Int) -> String {
            "{\(AccessTokenClaimsTests.required)\((0..<count).map { ",\"n\($0)\":0" }.joined())}"
        }
        #expect(try parse(text(100)).additionalClaims.count == 100)
        #expect(refusal { _ = try parse(text(101)) } == .malformed)
    }

    @Test("the fast reader agrees with the strict parser on every one-byte change")
    func differential() throws {
        let payload = sampleClaims(additionalClaims: ["g": [1, "é"]]).payload()
        for index in payload.indices {
            for byte in Array("\"\\{}[],:0e.- \n".utf8) + [0x00, 0x7F, 0x80, 0xFF] {
                var mutated = payload
                mutated[index] = byte
                guard let claims = try? AccessTokenClaims(parsing: mutated) else { continue }
                let json = try JSONParser.parseObject(mutated)
                #expect(json["iss"] == .string(claims.issuer))
                #expect(json["sub"] == .string(claims.subject))
                #expect(json["exp"] == .integer(Int(claims.expiresAt.secondsSinceEpoch)))
                #expect(json["tsid"]?.stringValue == claims.sessionID)
            }
        }
        for count in 0..<payload.count {
            #expect(refusal { _ = try AccessTokenClaims(parsing: Array(payload[..<count])) } != nil)
        }
    }
}
