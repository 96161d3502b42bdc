import OAuthProtocol
import Testing

@testable import UpstreamIdentity

@Suite("The patterns of entered credentials", .timeLimit(.minutes(1)))
struct EnteredPatternTests {
    @Test(
        "mean what they mean as regular expressions",
        arguments: [
            "sk_[a-z0-9_]+", "[A-Z]{4}", "[A-Z]{2,4}", "[A-Z]{2,}", "a?b*c+", "\\d{3}-\\d{3}", "\\w+\\.\\w+", "^ab$",
            "[^a-z]+", "[a\\-z]+", "[-a]+", "ab|cd|[|x]+", "a\\|b", ".*", "x.y", "a{0}b", "\\D+", "\\S+ \\S+",
            "[\\d.]+",
        ]
    )
    func meaning(text: String) throws {
        let values = [
            "sk_live_1", "sk_", "ABCD", "ABC", "A", "ABCDE", "abc", "c", "ac", "abbbcc", "123-456", "12-3456", "a.b",
            "a.",
            "ab", "cd", "abcd", "|x|", "a|b", "a-z", "-a-", "b", "AB12", "x y", "x.y", "xzy", "1.2.3", "foo bar", "m",
        ]
        let pattern = try #require(EnteredPattern(text))
        let expression = try Regex(text)
        for value in values {
            let matches = try expression.wholeMatch(in: value) != nil
            #expect(pattern.matches(value) == matches, "\(value)")
        }
    }

    @Test(
        "are refused when they have groups, or are none",
        arguments: [
            "", "(a)", "(a+)+b", "a**", "a+?", "*a", "[a", "[]", "[^]", "a]", "a{", "a{2", "a{3,2}", "a{99999}", "a{}",
            "\\", "\\1", "\\b", "\\p{L}", "a^", "$a", "[z-a]", "[a[b]]", "[a&&b]", "é",
            String(repeating: "a", count: 257),
        ]
    )
    func refused(text: String) {
        #expect(EnteredPattern(text) == nil)
    }

    @Test("no value makes the longest pattern slow, on which backtracking would not end")
    func bounded() throws {
        let pattern = try #require(EnteredPattern(String(repeating: "a*", count: 127) + "b"))
        let value = String(repeating: "a", count: EnteredCredential.valueByteCountMax)
        #expect(!pattern.matches(value))
        #expect(pattern.matches(value + "b"))
    }

    @Test("a value that does not match its field's pattern is not taken")
    func field() throws {
        var field = EnteredCredential.Field()
        field.name = "key"
        field.pattern = "sk_[a-z0-9]{4,8}"
        var credential = EnteredCredential()
        credential.fields = [field]
        #expect(try credential.rendered(EnteredValues(["key": " sk_ab12 "])).credential == "sk_ab12")
        for value in ["sk_ab1", "sk_ab12ab12a", "xsk_ab12", "sk_AB12"] {
            #expect(throws: EnteredCredential.Problem.mismatch(field: "key")) {
                try credential.rendered(EnteredValues(["key": value]))
            }
        }
        // A pattern that cannot be read accepts nothing; the configuration refuses it before.
        credential.fields[0].pattern = "("
        #expect(throws: EnteredCredential.Problem.mismatch(field: "key")) {
            try credential.rendered(EnteredValues(["key": "("]))
        }
    }
}
