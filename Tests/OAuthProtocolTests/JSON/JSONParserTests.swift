import OAuthProtocol
import Testing

/// RFC 8259: what is JSON, and what is refused although some readers take it.
struct JSONParserTests {
    private func parse(_ text: String) throws -> JSONValue { try JSONParser.parse(Array(text.utf8)) }

    private func code(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) -> JSONError.Code? {
        do {
            _ = try JSONParser.parse(bytes, limits: limits)
            return nil
        } catch {
            return error.code
        }
    }

    @Test(
        "values of every kind",
        arguments: [
            ("null", .null), (" true ", true), ("false", false), ("0", 0), ("-12", -12), (#""""#, ""),
            (#""a b""#, "a b"), ("[]", []), ("[1,\t[2]\r\n]", [1, [2]]), ("{}", [:]),
            (#"{"a":1,"b":{"a":[true]}}"#, ["a": 1, "b": ["a": [true]]]), (#""é𝄞""#, "é𝄞"),
            (#""\"\\\/\b\f\n\r\t\u0041\u00e9\uD834\udd1e\u0000""#, "\"\\/\u{8}\u{C}\n\r\tAé𝄞\0"),
            ("9223372036854775807", 9_223_372_036_854_775_807),
        ] as [(String, JSONValue)]
    )
    func accepts(text: String, expected: JSONValue) throws {
        #expect(try parse(text) == expected)
    }

    @Test(
        "numbers keep their exact text",
        arguments: ["0", "-0", "1.50", "1e3", "1E+3", "2.5e-10", "123456789012345678901234567890", "9007199254740993"]
    )
    func keepsNumbers(text: String) throws {
        guard case .number(let number) = try parse(text) else {
            Issue.record("\(text) is no number")
            return
        }
        #expect(number.text == text)
        #expect(number.integer == Int(text))
    }

    @Test("integers are integers: no float, nothing beyond 64 bits", arguments: ["1.0", "1e3", "9223372036854775808"])
    func integersAreExact(text: String) throws {
        #expect(try parse(text).integerValue == nil)
    }

    @Test(
        "the grammar's negative space",
        arguments: [
            ("", .unexpectedEnd), ("   ", .unexpectedEnd), ("nul", .unexpectedEnd), ("nulL", .unexpectedByte),
            ("NaN", .unexpectedByte), ("Infinity", .unexpectedByte), ("-Infinity", .invalidNumber),
            ("True", .unexpectedByte), ("01", .invalidNumber), ("-01", .invalidNumber), ("-", .invalidNumber),
            ("+1", .unexpectedByte), (".5", .unexpectedByte), ("1.", .invalidNumber), ("1e", .invalidNumber),
            ("1e+", .invalidNumber), ("0x10", .trailingData), ("1 2", .trailingData), ("{}{}", .trailingData),
            ("[1,]", .unexpectedByte), ("[,1]", .unexpectedByte), ("[1 2]", .unexpectedByte), ("[", .unexpectedEnd),
            ("[1", .unexpectedEnd), ("]", .unexpectedByte), ("{", .unexpectedEnd), (#"{"a"}"#, .unexpectedByte),
            (#"{"a":}"#, .unexpectedByte), (#"{"a":1,}"#, .unexpectedByte), ("{a:1}", .unexpectedByte),
            ("{'a':1}", .unexpectedByte), (#"{1:1}"#, .unexpectedByte), (#"{"a":1 "b":2}"#, .unexpectedByte),
            (#"""#, .unexpectedEnd), (#""a"#, .unexpectedEnd), (#""a\"#, .unexpectedEnd), (#""\""#, .unexpectedEnd),
            ("\"\n\"", .unexpectedByte), ("\"\0\"", .unexpectedByte), (#""\x41""#, .invalidEscape),
            (#""\u00g0""#, .invalidEscape), (#""\u00""#, .invalidEscape), (#""\U0041""#, .invalidEscape),
            ("// comment\n1", .unexpectedByte), ("\u{FEFF}1", .unexpectedByte), ("\u{A0}1", .unexpectedByte),
            ("1\0", .trailingData),
        ] as [(String, JSONError.Code)]
    )
    func refuses(text: String, expected: JSONError.Code) {
        #expect(code(Array(text.utf8)) == expected)
    }

    @Test(
        "half surrogate pairs",
        arguments: [
            #""\ud800""#, #""\udc00""#, #""\ud800\ud800""#, #""\ud800x""#, #""\ud800\n""#, #""\udc00\ud800""#,
            #""\ud800\u0041""#, #""\ud800\""#,
        ]
    )
    func refusesLoneSurrogates(text: String) {
        let expected: JSONError.Code = text.hasSuffix(#"\""#) ? .unexpectedEnd : .loneSurrogate
        #expect(code(Array(text.utf8)) == expected)
    }

    @Test(
        "D-34: bytes that are not UTF-8",
        arguments: [
            [0xFF], [0xC3], [0xC0, 0x80], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80],
            [0xF8, 0x88, 0x80, 0x80, 0x80],
        ] as [[UInt8]]
    )
    func refusesInvalidUTF8(bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        #expect(code([quote] + bytes + [quote]) == .invalidUTF8)
        #expect(code([quote] + bytes + Array(#"\n""#.utf8)) == .invalidUTF8)
        #expect(code(Array(#"{"a":1,"b"#.utf8) + bytes + Array(#"":2}"#.utf8)) == .invalidUTF8)
        #expect(code(bytes) == .unexpectedByte)
    }

    @Test(
        "D-34: duplicate names",
        arguments: [
            #"{"a":1,"a":1}"#, #"{"a":1,"b":2,"a":3}"#, #"{"a":1,"\u0061":2}"#, #"{"x":[{"a":1,"a":2}]}"#,
            #"{"":1,"":2}"#,
        ]
    )
    func refusesDuplicates(text: String) {
        #expect(code(Array(text.utf8)) == .duplicateName)
    }

    @Test("D-34: a duplicate is found in an object of any size", arguments: [1, 2, 15, 16, 17, 18, 500])
    func refusesDuplicatesAmongMany(count: Int) {
        var members = (0..<count).map { "\"n\($0)\":0" }
        #expect(code(Array("{\(members.joined(separator: ","))}".utf8)) == nil)
        members.append("\"n\(count / 2)\":0")
        #expect(code(Array("{\(members.joined(separator: ","))}".utf8)) == .duplicateName)
    }

    @Test("D-74: nesting is bounded, a hundred thousand brackets do not crash")
    func boundsDepth() {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(code(nested(32)) == nil)
        #expect(code(nested(33)) == .limitExceeded)
        #expect(code(nested(128), limits: JSONLimits(depth: .max)) == nil)
        #expect(code(nested(129), limits: JSONLimits(depth: .max)) == .limitExceeded)
        #expect(code(Array(repeating: UInt8(ascii: "["), count: 100_000)) == .limitExceeded)
        #expect(code(Array(String(repeating: #"{"a":"#, count: 100_000).utf8)) == .limitExceeded)
        #expect(code(nested(1), limits: JSONLimits(depth: 0)) == .limitExceeded)
    }

    @Test("D-74: bytes, members, values and digits are bounded")
    func boundsSize() {
        #expect(code(Array("[1,2]".utf8), limits: JSONLimits(byteCount: 5)) == nil)
        #expect(code(Array("[1,2]".utf8), limits: JSONLimits(byteCount: 4)) == .limitExceeded)
        #expect(code(Array("[1,2]".utf8), limits: JSONLimits(valueCount: 3)) == nil)
        #expect(code(Array("[1,2]".utf8), limits: JSONLimits(valueCount: 2)) == .limitExceeded)
        #expect(code(Array(#"{"a":1,"b":2}"#.utf8), limits: JSONLimits(memberCount: 2)) == nil)
        #expect(code(Array(#"{"a":1,"b":2}"#.utf8), limits: JSONLimits(memberCount: 1)) == .limitExceeded)
        #expect(code(Array(String(repeating: "9", count: 128).utf8)) == nil)
        #expect(code(Array(String(repeating: "9", count: 129).utf8)) == .invalidNumber)
    }

    @Test("an object is asked for", arguments: ["[]", "1", #""a""#, "null"])
    func refusesOthersThanObjects(text: String) {
        #expect(throws: JSONError.self) { try JSONParser.parseObject(Array(text.utf8)) }
    }

    @Test("every prefix and every one-byte change of a document ends in a value or an error, never in a trap")
    func survivesMutations() throws {
        let document = Array(#"{"a":[1,-2.5e+3,"x\ud834\udd1e\n",{"é":null}],"b":true,"c":{"d":false}}"#.utf8)
        _ = try JSONParser.parse(document)
        for count in 0..<document.count { #expect(code(Array(document[..<count])) != nil) }
        for index in document.indices {
            for byte in UInt8.min...UInt8.max {
                var mutated = document
                mutated[index] = byte
                // What is accepted is sound: it survives a round trip.
                guard let value = try? JSONParser.parse(mutated) else { continue }
                #expect(try JSONParser.parse(value.serialized()) == value)
            }
        }
    }
}
