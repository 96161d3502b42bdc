import AuthorizationServerTesting
import OAuthClientKit
import OAuthProtocol
import Testing

@testable import AuthorizationServer

@Suite("The pages are in the language of the person who reads them")
struct PageLanguageTests {
    // MARK: - The tables

    @Test("every language has every message, and no other", arguments: PageLanguage.allCases)
    func complete(_ language: PageLanguage) throws {
        let table = try #require(PageText.tables[language])
        #expect(Set(table.keys) == Set(PageText.allCases.map(\.rawValue)))
        #expect(PageText.allCases.count > 200)
    }

    @Test("a message has the same values and the same markup in every language", arguments: PageLanguage.allCases)
    func sameValues(_ language: PageLanguage) throws {
        let english = try #require(PageText.tables[.english])
        let table = try #require(PageText.tables[language])
        for (name, template) in table {
            let original = try #require(english[name])
            #expect(template.names == original.names, "\(language) \(name)")
            #expect(Self.tags(template) == Self.tags(original), "\(language) \(name)")
        }
    }

    private static func tags(_ template: PageTemplate) -> [String] {
        template.pieces.flatMap { piece -> [String] in
            guard case .words(let words) = piece else { return [] }
            return words.matches(of: /<[^>]*>/).map { String($0.output) }
        }.sorted()
    }

    @Test("a title has no markup, because it is shown as text", arguments: PageLanguage.allCases)
    func plainTitles(_ language: PageLanguage) throws {
        let table = try #require(PageText.tables[language])
        let titles = table.filter { $0.key.hasSuffix("Title") }
        #expect(titles.count > 30)
        for (name, template) in titles { #expect(Self.tags(template).isEmpty, "\(name)") }
    }

    @Test("nothing is left in English by mistake", arguments: PageLanguage.allCases.filter { $0 != .english })
    func translated(_ language: PageLanguage) throws {
        let english = try #require(PageText.tables[.english])
        let table = try #require(PageText.tables[language])
        // Words that are the same in both languages.
        let same = Set(table.keys.filter { table[$0]?.pieces == english[$0]?.pieces })
        #expect(same.isSubset(of: ["agentName", "agents", "applications", "code"]), "\(same)")
    }

    @Test("a value is escaped in every language", arguments: PageLanguage.allCases)
    func escaped(_ language: PageLanguage) {
        let hostile = "<b>&\"{name}"
        let page = PageLanguage.$current.withValue(language) {
            PageText.consentQuestion.html(["client": "\(hostile)"]).markup
        }
        #expect(page.contains("&lt;b&gt;&amp;&quot;{name}") && !page.contains("<b>"))
    }

    // MARK: - The choice

    private static let lookups: [([String], String?)] = [
        (["de"], "de"), (["de-CH"], "de"), (["DE-ch-1996"], "de"), (["zh-Hant-TW", "ja-JP"], "ja"),
        (["pt-BR", "fr-CA", "de"], "fr"), (["fr-x-private"], "fr"), (["en-GB", "de"], "en"),
        (["*"], nil), (["deu"], nil), (["d"], nil), ([""], nil), (["-de"], nil), ([], nil),
        ([String(repeating: "a", count: 40), "es"], "es"),
    ]

    @Test("RFC 4647 §3.4: ranges are shortened until one is a language; the first that matches counts")
    func lookup() {
        for (ranges, expected) in Self.lookups {
            #expect(PageLanguage.lookup(ranges.map { $0[...] })?.rawValue == expected, "\(ranges)")
        }
    }

    private static let weighted: [(String, [String])] = [
        ("de", ["de"]), ("en;q=0.5, de", ["de", "en"]), ("fr;q=0.9,es;q=0.9,de;q=1.0", ["de", "fr", "es"]),
        ("de;q=0, fr", ["fr"]), ("de ; q=0.5 , fr\t;\tQ=0.6", ["fr", "de"]), ("", []), (",,", []),
        ("de;q=2", []), ("de;q=0.1234", []), ("de;level=1", []), ("de;q=0.5;x=1", []), ("de;q=-1", []),
    ]

    @Test("RFC 9110 §12.5.4: weights order the ranges, and weight 0 leaves one out")
    func weights() {
        for (field, expected) in Self.weighted {
            #expect(PageLanguage.ranges(acceptLanguage: field).map(String.init) == expected, "\(field)")
        }
    }

    @Test("a long field is bounded")
    func bounded() {
        #expect(PageLanguage.ranges(acceptLanguage: String(repeating: "de,", count: 2000)).isEmpty)
        #expect(PageLanguage.ranges(acceptLanguage: String(repeating: "x,", count: 100) + "de").count == 16)
    }

    // MARK: - Pages

    private static func accepting(_ languages: String) -> [(name: String, value: String)] {
        [(name: "accept-language", value: languages)]
    }

    @Test("the consent page is in the browser's language, and says which it is")
    func consent() async throws {
        try await BrowserScene.run { scene async throws in
            for (accepted, language, words) in [
                ("de-AT,de;q=0.9,en;q=0.5", "de", ">Genehmigen</button>"), ("fr", "fr", ">Approuver</button>"),
                ("es-MX", "es", ">Aprobar</button>"), ("ja", "ja", ">承認</button>"),
                ("pt-BR,pt;q=0.9", "en", ">Approve</button>"), ("en-US,de;q=0.5", "en", ">Approve</button>"),
            ] {
                let page = try await scene.open(headerFields: Self.accepting(accepted))
                #expect(page.status == 200)
                #expect(page.text.contains("<html lang=\"\(language)\">"))
                #expect(page.header("content-language") == language)
                #expect(page.text.contains(words), "\(accepted)")
                page.expectPageHeaders()
            }
        }
    }

    @Test("ui_locales comes before the browser's language, and holds for the rest of the login")
    func requestedLanguage() async throws {
        try await BrowserScene.run { scene async throws in
            let accepting = Self.accepting("fr")
            let page = try await scene.open(["ui_locales": "xx de-CH ja"], headerFields: accepting)
            #expect(page.text.contains("<html lang=\"de\">"))
            let refused = try await scene.browser.post(
                scene.server.issuer + "/oauth/consent",
                form: [("ticket", "none"), ("decision", "approve")],
                headerFields: accepting
            )
            #expect(refused.status >= 400)
            #expect(refused.text.contains("<html lang=\"de\">"))
            let other = try await scene.anotherBrowser().get(
                scene.server.issuer + "/connections",
                headerFields: accepting + [(name: "accept", value: "text/html")]
            )
            #expect(other.text.contains("<html lang=\"fr\">") && other.text.contains("Qui êtes-vous ?"))
        }
    }

    @Test("an unknown ui_locales chooses nothing, and neither does a value that is no language of ours")
    func unknownChoice() async throws {
        try await BrowserScene.run { scene async throws in
            for value in ["xx", "<script>", "", "*"] {
                let page = try await scene.open(["ui_locales": value], headerFields: Self.accepting("es"))
                #expect(page.text.contains("<html lang=\"es\">"), "\(value)")
            }
        }
    }

    @Test("an error page is in the browser's language, and marks what is English in it")
    func errorPages() async throws {
        try await BrowserScene.run(redirectURIs: ["https://evil.example/landing"]) { scene async throws in
            let page = try await scene.open(["client_id": "unknown"], headerFields: Self.accepting("ja"))
            page.expectErrorPage()
            #expect(page.text.contains("このアプリケーションはここに登録されていません"))
            let interstitial = try await scene.open(["scope": "a\"b"], headerFields: Self.accepting("de"))
            #expect(interstitial.text.contains("Die Anmeldung ist fehlgeschlagen"))
            #expect(interstitial.text.contains("<span lang=\"en\">"))
            let english = try await scene.open(["scope": "a\"b"])
            #expect(!english.text.contains("<span lang"))
        }
    }

    @Test("metadata names the languages")
    func metadata() async throws {
        try await BrowserScene.run { scene async throws in
            let answer = try await scene.client.send("GET", "/.well-known/oauth-authorization-server")
            #expect(answer.json["ui_locales_supported"] == .strings(["en", "de", "fr", "es", "ja"]))
        }
    }
}
