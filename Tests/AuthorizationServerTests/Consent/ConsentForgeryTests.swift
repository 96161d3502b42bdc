import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import Testing

@Suite("D-54, CO-2: a consent that did not come from our page in this browser counts for nothing")
struct ConsentForgeryTests {
    @Test("D-54: without the page's cookie, or with another browser's, it is 403 and nothing is stored")
    func cookies() async throws {
        try await BrowserScene.run { scene in
            let ticket = try await scene.ticket()
            try await scene.answer(ticket, with: scene.anotherBrowser()).expectErrorPage(403, "no cookie")

            let other = scene.anotherBrowser()
            _ = try await other.get(scene.client.authorizationURL())
            try await scene.answer(ticket, with: other).expectErrorPage(403, "another browser's cookie")

            let forger = scene.anotherBrowser()
            for value in ["", "x", String(repeating: "A", count: 43), String(repeating: "A", count: 4000)] {
                await forger.setCookie(try await scene.consentCookie(), value, for: scene.server.issuer)
                try await scene.answer(ticket, with: forger).expectErrorPage(403, "forged cookie")
            }
            try await scene.expectNothingStored()
            #expect(scene.server.provider.capturedRequests().isEmpty)
            // None of this uses up the page of the right browser.
            #expect(try await scene.answer(ticket).status == 303)
        }
    }

    @Test("D-56: of a cookie that comes twice neither value is accepted")
    func doubledCookie() async throws {
        try await BrowserScene.run { scene in
            let ticket = try await scene.ticket()
            let name = try await scene.consentCookie()
            let planted = [(name: "cookie", value: "\(name)=\(String(repeating: "B", count: 43))")]
            try await scene.answer(ticket, headerFields: planted).expectErrorPage(403)
            #expect(try await scene.answer(ticket).status == 303)
        }
    }

    @Test("D-54: another site's Origin or Sec-Fetch-Site is 403, whatever the cookie says")
    func crossSite() async throws {
        try await BrowserScene.run { scene in
            let ticket = try await scene.ticket()
            let host = scene.server.issuer.replacing("http://", with: "")
            let refused: [[(name: String, value: String)]] = [
                [("origin", "https://evil.example")], [("origin", "https://" + host)],
                [("origin", scene.server.issuer + ".evil.example")], [("origin", scene.server.issuer + "/")],
                [("origin", "http://localhost:1")], [("origin", "file://")], [("sec-fetch-site", "cross-site")],
                [("origin", "null"), ("sec-fetch-site", "cross-site")],
                // Info: another host of the same registrable domain.
                [("origin", "null"), ("sec-fetch-site", "same-site")], [("sec-fetch-site", "same-site")],
                [("origin", scene.server.issuer), ("sec-fetch-site", "cross-site")],
            ]
            for fields in refused {
                try await scene.answer(ticket, headerFields: fields).expectErrorPage(403, "\(fields)")
                try await scene.answer(ticket, "deny", headerFields: fields).expectErrorPage(403, "\(fields)")
            }
            try await scene.expectNothingStored()
        }
    }

    @Test("D-54: our own origin is accepted, and null from a no-referrer page when the site is not another")
    func sameSite() async throws {
        try await BrowserScene.run { scene in
            let accepted: [[(name: String, value: String)]] = [
                [("origin", scene.server.issuer), ("sec-fetch-site", "same-origin")], [("origin", scene.server.issuer)],
                [("origin", "null"), ("sec-fetch-site", "same-origin")], [("origin", "null")],
                [("sec-fetch-site", "none")], [],
            ]
            for fields in accepted {
                let page = try await scene.answer(try await scene.ticket(), headerFields: fields)
                #expect(page.status == 303, "\(fields)")
            }
        }
    }

    @Test("D-54: a ticket that was changed, cut or made up is refused")
    func forgedTickets() async throws {
        try await BrowserScene.run { scene in
            let ticket = try await scene.ticket()
            let first = ticket.first == "A" ? "B" : "A"
            let middle = ticket.index(ticket.startIndex, offsetBy: ticket.count / 2)
            var flipped = ticket
            flipped.replaceSubrange(middle...middle, with: ticket[middle] == "A" ? "B" : "A")
            let forged = [
                "", "x", "AAAA", first + ticket.dropFirst(), flipped, String(ticket.dropLast()), ticket + "A",
                ticket + "=", ticket + ticket, " " + ticket, String(repeating: "A", count: ticket.count),
                String(repeating: "A", count: 60_000),
            ]
            for text in forged { try await scene.answer(text).expectErrorPage(400, text) }
            try await scene.expectNothingStored()
            #expect(try await scene.answer(ticket).status == 303)
        }
    }

    @Test("D-54: another server's ticket is refused")
    func foreignTicket() async throws {
        try await BrowserScene.run { scene in
            try await BrowserScene.run { other in
                let foreign = try await other.ticket()
                _ = try await scene.ticket()
                let cookies = await other.browser.cookies(for: other.server.issuer)
                for (name, value) in cookies {
                    await scene.browser.setCookie(name, value, for: scene.server.issuer)
                }
                try await scene.answer(foreign).expectErrorPage()
                try await scene.expectNothingStored()
            }
        }
    }

    @Test("D-54, AZ-13: a ticket carries its own request; form and query cannot change it")
    func otherFlow() async throws {
        try await BrowserScene.run { scene in
            let other = try await BrowserScene.registered(at: scene.server, redirectURIs: ["http://127.0.0.1:9/evil"])
            let ticket = try await scene.ticket(["state": "mine"])
            let page = try await scene.browser.post(
                scene.server.issuer + "/oauth/consent?ticket=x&decision=deny&client_id=" + other.id,
                form: [
                    ("ticket", ticket), ("decision", "approve"), ("client_id", other.id),
                    ("redirect_uri", other.redirectURI), ("state", "evil"), ("scope", "mcp:write"),
                ]
            )
            #expect(page.status == 303)
            let callback = try await scene.browser.get(try await scene.callbackURL(after: page))
            #expect(callback.header("location")?.hasPrefix(scene.client.redirectURI + "?") == true)
            #expect(callback.redirectParameters["state"] == "mine")
        }
    }

    @Test("TK-1 for browsers: a decision is a form in a POST, and nothing else")
    func notAForm() async throws {
        try await BrowserScene.run { scene in
            let ticket = try await scene.ticket()
            let query = FormParameters.serialize([("ticket", ticket), ("decision", "approve")])
            let url = scene.server.issuer + "/oauth/consent"
            #expect(try await scene.browser.get(url + "?" + query).status == 405)
            try await scene.browser.post(url + "?" + query, form: []).expectErrorPage()
            let cookies = await scene.browser.cookies(for: scene.server.issuer)
                .map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
            for type in ["application/json", "text/plain", "multipart/form-data; boundary=x", ""] {
                let answer = try await scene.client.send(
                    "POST",
                    url,
                    headerFields: [("content-type", type), ("cookie", cookies)],
                    body: Array(query.utf8)
                )
                #expect(answer.status == 400, "\(type)")
                #expect(answer.header("location") == nil)
            }
            try await scene.expectNothingStored()
        }
    }
}
