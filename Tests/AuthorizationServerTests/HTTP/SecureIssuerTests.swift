import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("LF-6: the browser's way behind an https issuer")
struct SecureIssuerTests {
    private static let issuer = "https://auth.example.com"

    /// A server for an https issuer that is reached, as behind a proxy, over plain http.
    private static func run(_ body: (BrowserScene) async throws -> Void) async throws {
        func configure(_ configuration: inout Configuration) throws {
            configuration.issuer = try Issuer(Self.issuer)
            configuration.consent = .remember
        }
        try await BrowserScene.run(redirectURIs: ["https://client.example.com/cb"], configure: configure, body)
    }

    private static func behindProxy(_ url: String, _ scene: BrowserScene) -> String {
        url.replacing(Self.issuer, with: scene.base)
    }

    private static func approve(_ scene: BrowserScene) async throws -> TestBrowser.Page {
        let page = try await scene.browser.get(behindProxy(scene.client.authorizationURL(), scene))
        #expect(page.status == 200)
        page.expectPageHeaders(isSecure: true)
        #expect(page.formAction == Self.issuer + "/oauth/consent")
        return try await scene.browser.post(
            scene.base + "/oauth/consent",
            form: [("ticket", try #require(page.hiddenFields["ticket"])), ("decision", "approve")],
            headerFields: [("origin", Self.issuer), ("sec-fetch-site", "same-origin")]
        )
    }

    @Test("CO-4, D-56: every cookie is __Host-, Secure, HttpOnly, SameSite=Lax and for the whole origin")
    func cookies() async throws {
        try await Self.run { scene in
            let approval = try await Self.approve(scene)
            #expect(approval.status == 303)
            let url = Self.behindProxy(try await scene.callbackURL(after: approval), scene)
            let answer = try await scene.browser.get(url)
            #expect(answer.header("location")?.hasPrefix("https://client.example.com/cb?code=") == true)
            #expect(answer.redirectParameters["iss"] == Self.issuer)
            let consent = try await scene.browser.get(Self.behindProxy(scene.client.authorizationURL(), scene))
            let set = consent.headers("set-cookie") + approval.headers("set-cookie") + answer.headers("set-cookie")
            #expect(set.count >= 4)
            for cookie in set {
                #expect(cookie.hasPrefix("__Host-gatehouse-"), "\(cookie)")
                let attributes = cookie.split(separator: ";").dropFirst().map { $0.drop { $0 == " " }.lowercased() }
                for attribute in ["secure", "httponly", "samesite=lax", "path=/"] {
                    #expect(attributes.contains(attribute), "\(attribute) in \(cookie)")
                }
                #expect(!attributes.contains { $0.hasPrefix("domain") }, "\(cookie)")
            }
        }
    }

    @Test("D-56, D-52: cookies without the prefix, as a sibling domain could plant them, are not looked at")
    func siblingDomain() async throws {
        try await Self.run { scene in
            let approval = try await Self.approve(scene)
            let url = Self.behindProxy(try await scene.callbackURL(after: approval), scene)
            let victim = scene.anotherBrowser()
            for (name, value) in await scene.browser.cookies(for: scene.base) {
                let planted = name.replacing("__Host-", with: "")
                #expect(planted != name)
                await victim.setCookie(planted, value, for: scene.base)
            }
            let page = try await victim.get(url)
            #expect(page.status == 403)
            #expect(page.header("location") == nil)
            page.expectPageHeaders(isSecure: true)
        }
    }

    @Test("D-54: the origin that counts is the issuer's, not the one that was reached")
    func origin() async throws {
        try await Self.run { scene in
            let page = try await scene.browser.get(Self.behindProxy(scene.client.authorizationURL(), scene))
            let form = [("ticket", try #require(page.hiddenFields["ticket"])), ("decision", "approve")]
            for origin in [scene.base, "http://auth.example.com", Self.issuer + ":443", "https://a.auth.example.com"] {
                let refused = try await scene.browser.post(
                    scene.base + "/oauth/consent",
                    form: form,
                    headerFields: [("origin", origin)]
                )
                #expect(refused.status == 403, "\(origin)")
            }
        }
    }
}
