import OAuthProtocol
import Testing

/// JSON values: what accessors answer, what objects keep, what is written.
struct JSONValueTests {
    @Test("accessors answer for their own kind and nothing else")
    func accessors() {
        #expect(JSONValue.string("a").stringValue == "a")
        #expect(JSONValue.integer(7).integerValue == 7)
        #expect(JSONValue.bool(true).boolValue == true)
        #expect(JSONValue.array([1]).arrayValue == [1])
        #expect(JSONValue.object(["a": 1]).objectValue?["a"] == 1)
        #expect(JSONValue.strings(["a", "b"]).stringArrayValue == ["a", "b"])
        for value in [.null, true, 1, "1", [1], ["a": 1]] as [JSONValue] {
            let answers: [Any?] = [
                value.stringValue, value.integerValue, value.boolValue, value.arrayValue, value.objectValue,
            ]
            #expect(answers.count { $0 != nil } == (value == .null ? 0 : 1))
        }
        #expect(JSONValue.array(["a", 1]).stringArrayValue == nil)
        #expect(JSONValue.array([]).stringArrayValue == [])
        #expect(JSONValue.string("a").stringArrayValue == nil)
    }

    @Test("an object keeps the order of insertion; setting replaces in place, nil removes")
    func objectOrder() {
        var object: JSONObject = ["b": 1, "a": 2, "b": 3]
        #expect(object.names == ["b", "a"])
        #expect(object["b"] == 3)
        object["c"] = true
        object["b"] = "x"
        #expect(object.serializedString() == #"{"b":"x","a":2,"c":true}"#)
        object["a"] = nil
        object["none"] = nil
        #expect(object.names == ["b", "c"])
        #expect(object.count == 2 && !object.isEmpty && JSONObject().isEmpty)
    }

    @Test("RFC 8259 §4: objects are equal in any order")
    func objectEquality() {
        let one: JSONObject = ["a": 1, "b": ["c": 2]]
        let other: JSONObject = ["b": ["c": 2], "a": 1]
        #expect(one == other)
        #expect(one.hashValue == other.hashValue)
        #expect(one != ["a": 1])
        #expect(one != ["a": 1, "b": ["c": 3]])
        #expect(one != ["a": 1, "x": ["c": 2]])
    }

    @Test(
        "the shortest form is written, control characters are escaped",
        arguments: [
            (.null, "null"), (false, "false"), (-5, "-5"), ([], "[]"), ([:], "{}"),
            ([1, "a", .null], #"[1,"a",null]"#),
            ("quote\" back\\ slash/", #""quote\" back\\ slash/""#), ("\n\r\t", #""\n\r\t""#),
            ("\0\u{1F}\u{7F}", #""\u0000\u001F\u007F""#), ("é𝄞", "\"é𝄞\""), ("</script>", #""</script>""#),
        ] as [(JSONValue, String)]
    )
    func writes(value: JSONValue, expected: String) throws {
        #expect(value.serializedString() == expected)
        #expect(try JSONParser.parse(value.serialized()) == value)
    }

    @Test("a member's name cannot break out of its quotes")
    func writesNames() {
        #expect(JSONObject([("a\":1,\"b", 2)]).serializedString() == #"{"a\":1,\"b":2}"#)
    }

    @Test("a number is written as it was read", arguments: ["1.50", "1E+3", "123456789012345678901234567890", "-0"])
    func writesNumbers(text: String) throws {
        #expect(try JSONParser.parse(Array(text.utf8)).serializedString() == text)
    }

    @Test(
        "integers are written by hand, to the last digit",
        arguments: [0, 1, 9, 10, 99, 100, 1_700_000_000, -1, -10, .max, .min] as [Int64]
    )
    func writesIntegers(integer: Int64) {
        var output: [UInt8] = [UInt8(ascii: "x")]
        JSONWriter.append(integer, to: &output)
        #expect(String(decoding: output, as: UTF8.self) == "x\(integer)")
    }
}
