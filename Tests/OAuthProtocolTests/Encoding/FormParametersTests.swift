import OAuthProtocol
import Testing

/// RFC 6749 Appendix B: forms and queries, with nothing silently dropped.
struct FormParametersTests {
    private func form(_ text: String, maximumCount: Int = 100) throws(FormError) -> FormParameters {
        try FormParameters(parsing: Array(text.utf8), maximumCount: maximumCount)
    }

    @Test("names and values are decoded, in order")
    func reads() throws {
        let form = try form("grant_type=authorization_code&scope=a+b%20c&%65=%C3%A9&x=1=2&flag")
        #expect(form.names == ["grant_type", "scope", "e", "x", "flag"])
        #expect(try form.single("grant_type") == "authorization_code")
        #expect(try form.single("scope") == "a b c")
        #expect(try form.single("e") == "é")
        #expect(try form.single("x") == "1=2")
        #expect(try form.single("none") == nil)
        #expect(form.duplicatedNames.isEmpty)
    }

    @Test("a query reads like a body")
    func readsQueries() throws {
        let form = try FormParameters(query: "code=a%2Fb&state=x+y&iss=https://as.example")
        #expect(try form.single("code") == "a/b")
        #expect(try form.single("state") == "x y")
        #expect(try form.single("iss") == "https://as.example")
        #expect(try FormParameters(query: "").names.isEmpty)
    }

    @Test("AZ-1: an empty value is an absent one", arguments: ["a=", "a", "a=&b=1", "&a&"])
    func emptyIsAbsent(text: String) throws {
        let form = try form(text)
        #expect(try form.single("a") == nil)
        #expect(form.values("a").isEmpty)
        #expect(form.names.contains("a"))
    }

    @Test(
        "D-9: a repeated parameter is refused, even when equal, empty or spelled with escapes",
        arguments: ["a=1&a=2", "a=1&a=1", "a=&a=1", "a=1&a=", "a&a", "a=1&b=2&%61=3"]
    )
    func refusesDuplicates(text: String) throws {
        let form = try form(text)
        #expect(throws: FormError.duplicate("a")) { try form.single("a") }
        #expect(form.duplicatedNames == ["a"])
        #expect(form.names.count { $0 == "a" } == 1)
    }

    @Test("D-9: repeated names come once each, in the order of their first occurrence")
    func orderOfDuplicates() throws {
        #expect(try form("b=1&a=1&c=1&a=2&b=2&a=3").duplicatedNames == ["b", "a"])
    }

    @Test("D-9: names that merely look alike are two names")
    func lookAlikes() throws {
        let form = try form("caf%C3%A9=1&cafe%CC%81=2")
        #expect(form.duplicatedNames.isEmpty)
        #expect(try form.single("caf\u{E9}") == "1")
    }

    @Test("RI-2: `resource` may be repeated, and all of its values are kept")
    func keepsAll() throws {
        let form = try form("resource=https://a&x=1&resource=https://b&resource=")
        #expect(form.values("resource") == ["https://a", "https://b"])
        #expect(form.values("none").isEmpty)
    }

    @Test("names are compared by bytes")
    func comparesBytes() throws {
        let form = try form("%E2%84%AA=1&Scope=2")
        #expect(try form.single("K") == nil)
        #expect(try form.single("scope") == nil)
    }

    @Test(
        "bad escapes and invalid UTF-8 are refused",
        arguments: ["a=%", "a=%zz", "%=1", "a=%ff", "a=1&b=%C3", "%C0%80=1"]
    )
    func refusesMalformed(text: String) {
        #expect(throws: FormError.malformed) { try form(text) }
    }

    @Test("raw bytes that are not UTF-8 are refused")
    func refusesRawBytes() {
        #expect(throws: FormError.malformed) { try FormParameters(parsing: [0x61, 0x3D, 0xFF]) }
    }

    @Test("D-74: the number of parameters is bounded; empty ones cost nothing")
    func boundsCount() throws {
        let hundred = (0..<100).map { "p\($0)=1" }.joined(separator: "&")
        #expect(try form(hundred).names.count == 100)
        #expect(throws: FormError.tooManyParameters) { try form(hundred + "&x=1") }
        #expect(throws: FormError.tooManyParameters) { try form("a=1&b=2", maximumCount: 1) }
        #expect(try form(String(repeating: "&", count: 60_000) + "a=1").names == ["a"])
    }

    @Test("what is serialized reads back")
    func serializes() throws {
        let text = FormParameters.serialize([("a b", "c&d=e"), ("é", "+%"), ("empty", "")])
        #expect(text == "a%20b=c%26d%3De&%C3%A9=%2B%25&empty=")
        let form = try form(text)
        #expect(try form.single("a b") == "c&d=e")
        #expect(try form.single("é") == "+%")
        #expect(FormParameters.serialize([]).isEmpty)
    }
}
