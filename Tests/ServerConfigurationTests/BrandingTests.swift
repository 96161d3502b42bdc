import OAuthProtocol
import Testing

@testable import ServerConfiguration

@Suite("branding")
struct BrandingTests {
    @Test(
        "a colour has six hexadecimal digits",
        arguments: ["0b57d0", "#0b57d", "#0b57d00", "red", "#0b57dg", "", "#"]
    )
    func noColor(_ text: String) {
        #expect(AccentColor(text) == nil)
    }

    @Test("WCAG 2.2: the contrast of text is that of the formula")
    func contrast() throws {
        let black = try #require(AccentColor("#000000"))
        #expect(abs(black.contrastOnLight - 21) < 0.001)
        let white = try #require(AccentColor("#ffffff"))
        #expect(abs(white.contrastOnLight - 1) < 0.001)
        // Known neighbours of the limit.
        let just = try #require(AccentColor("#767676"))
        let below = try #require(AccentColor("#777777"))
        #expect(just.contrastOnLight >= 4.5 && below.contrastOnLight < 4.5)
    }

    @Test(
        "every colour is readable in the dark, and a light one is kept",
        arguments: ["#000000", "#0b57d0", "#7a0000"]
    )
    func dark(_ text: String) throws {
        let color = try #require(AccentColor(text))
        let paper = try #require(AccentColor("#181c22"))
        let button = try #require(AccentColor("#0b1a33"))
        #expect(color.onDark.contrast(with: paper) >= 4.5)
        #expect(color.onDark.contrast(with: button) >= 4.5)
        let light = try #require(AccentColor("#8ab4f8"))
        #expect(light.onDark == light && light.text == "#8ab4f8")
    }

    @Test("a reload takes it")
    func reload() throws {
        let old = Configuration(issuer: try Issuer("http://127.0.0.1:8080"), listen: [])
        var new = old
        new.branding.name = "Example"
        new.branding.accentColor = AccentColor("#0b57d0")
        let changes = old.changes(to: new)
        #expect(changes.map(\.path) == ["branding.name", "branding.accent_color"])
        #expect(changes.filter { !$0.isReloaded }.isEmpty)
    }
}
