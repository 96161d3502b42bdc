import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import Testing

@Suite("CO-2, CO-4: each consent page has a cookie of its own")
struct ConsentCookieTests {
    @Test("CO-2: two first visits at once do not overwrite each other: both pages can be answered")
    func doubleLoad() async throws {
        try await BrowserScene.run { scene in
            // Neither visit carries the other's cookie, as when a browser loads an address twice at the same moment.
            let first = scene.browser
            let second = scene.anotherBrowser()
            let tickets = [
                try await scene.ticket(),
                try #require(try await second.get(scene.client.authorizationURL()).hiddenFields["ticket"]),
            ]
            for (name, value) in await second.cookies(for: scene.server.issuer) {
                await first.setCookie(name, value, for: scene.server.issuer)
            }
            for ticket in tickets { #expect(try await scene.answer(ticket).status == 303) }
        }
    }

    @Test("CO-4: a browser is left with a bounded number of them, and keeps the newest")
    func bounded() async throws {
        try await BrowserScene.run { scene in
            var cookies: [(name: String, value: String)] = []
            var tickets: [String] = []
            for _ in 0..<20 {
                // In the order of their creation, as RFC 6265 §5.4 has them.
                let header = cookies.map { "\($0.name)=\($0.value)" }.joined(separator: "; ")
                let page = try await scene.anotherBrowser()
                    .get(scene.client.authorizationURL(), headerFields: header.isEmpty ? [] : [("cookie", header)])
                for text in page.headers("set-cookie") {
                    let pair = text.prefix { $0 != ";" }.split(
                        separator: "=",
                        maxSplits: 1,
                        omittingEmptySubsequences: false
                    )
                    cookies.removeAll { $0.name == pair[0] }
                    if !text.contains("Max-Age=0") { cookies.append((String(pair[0]), String(pair[1]))) }
                }
                tickets.append(try #require(page.hiddenFields["ticket"]))
                #expect(cookies.count <= 8)
            }
            let header = [(name: "cookie", value: cookies.map { "\($0.name)=\($0.value)" }.joined(separator: "; "))]
            for ticket in tickets.suffix(8) {
                #expect(
                    try await scene.answer(ticket, with: scene.anotherBrowser(), headerFields: header).status == 303
                )
            }
            try await scene.answer(tickets[0], with: scene.anotherBrowser(), headerFields: header).expectErrorPage(403)
        }
    }
}
