import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import SocketHTTP
import Testing

@Suite("D-80: one source cannot fill the table of logins under way")
struct AuthorizationLimitTests {
    private static func configure(_ configuration: inout Configuration) {
        configuration.limits.authorizationsPerSource = .init(burst: 3, perMinute: 60)
        configuration.trustedProxies = [AddressRange(.loopback, prefixLength: 8)]
    }

    @Test("D-80: approvals beyond the allowance get a 429 page with Retry-After and store nothing; others go on")
    func approvals() async throws {
        try await BrowserScene.run(configure: Self.configure) { scene in
            func approve(from source: String) async throws -> TestBrowser.Page {
                try await scene.answer(try await scene.ticket(), headerFields: [("x-forwarded-for", source)])
            }
            for _ in 0..<3 { #expect(try await approve(from: "203.0.113.1").status == 303) }
            let refused = try await approve(from: "203.0.113.1")
            refused.expectErrorPage(429)
            #expect(refused.header("retry-after") == "1")
            #expect(try await scene.metrics()["gatehouse_pending_authorizations"] == 3)
            #expect(try await approve(from: "203.0.113.2").status == 303)
            scene.server.clock.advance(by: .seconds(1))
            #expect(try await approve(from: "203.0.113.1").status == 303)
        }
    }

    @Test("D-80: logins of our own pages count as well, and one too many asks no provider")
    func pageLogins() async throws {
        try await VaultScene.run(configure: Self.configure) { scene in
            let browser = scene.browser()
            let page = try await scene.connectionsPage(browser)
            for _ in 0..<3 { #expect(try await scene.press("sign_in", "corp", on: page, browser).status == 303) }
            let refused = try await scene.press("sign_in", "corp", on: page, browser)
            refused.expectErrorPage(429)
            #expect(refused.header("retry-after") == "1")
            #expect(refused.header("location") == nil)
            scene.clock.advance(by: .seconds(1))
            #expect(try await scene.press("sign_in", "corp", on: page, browser).status == 303)
        }
    }

    @Test("D-80: a refused approval does not use up its page")
    func retry() async throws {
        try await BrowserScene.run(configure: Self.configure) { scene in
            for _ in 0..<3 { _ = try await scene.approved() }
            let ticket = try await scene.ticket()
            try await scene.answer(ticket).expectErrorPage(429)
            scene.server.clock.advance(by: .seconds(1))
            #expect(try await scene.answer(ticket).status == 303)
        }
    }

    @Test("D-80: visits that store nothing are free: pages, denials, refusals")
    func freeVisits() async throws {
        try await BrowserScene.run(configure: Self.configure) { scene in
            for _ in 0..<10 {
                #expect(try await scene.open().status == 200)
                #expect(try await scene.open(["client_id": "unknown"]).status == 400)
                #expect(try await scene.answer(try await scene.ticket(), "deny").status == 303)
            }
            let page = try await scene.approved()
            #expect(page.status == 303)
        }
    }

    @Test("D-80: without a consent page every visit counts")
    func trustedClients() async throws {
        func configure(_ configuration: inout Configuration) {
            Self.configure(&configuration)
            configuration.consent = .trusted
            var client = Configuration.Client(clientID: "trusted")
            client.redirectURIs = ["https://app.example.com/cb"]
            client.isTrusted = true
            configuration.clients = [client]
        }
        try await BrowserScene.run(configure: configure) { scene in
            let changes = ["client_id": "trusted", "redirect_uri": "https://app.example.com/cb"]
            for _ in 0..<3 { #expect(try await scene.open(changes).status == 302) }
            let refused = try await scene.open(changes)
            refused.expectErrorPage(429)
            #expect(refused.header("retry-after") == "1")
            #expect(try await scene.metrics()["gatehouse_pending_authorizations"] == 3)
        }
    }
}
