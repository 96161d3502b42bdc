import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import Testing

@Suite("MCP Security Best Practices, confused deputy: the user is asked before anything goes upstream")
struct ConsentDecisionTests {
    @Test("CO-1, D-50, D-92: the page says who asks, where the answer goes, what for, and whose account is used")
    func page() async throws {
        let uri = "https://evil.example/cb"
        try await BrowserScene.run(redirectURIs: [uri], clientName: "Claude") { scene in
            let page = try await scene.open(["scope": "mcp:read mcp:write offline_access"])
            #expect(page.status == 200)
            page.expectPageHeaders()
            for text in [
                "Claude", "evil.example", "unverified", TestServer.resource, "mcp:read", "mcp:write", "offline_access",
                TestServer.upstream, "openid", "profile", "email", "Approve", "Deny",
            ] {
                #expect(page.text.contains(text), "\(text)")
            }
            // Nothing of the flow but the browser's own value; no way upstream yet (CO-3).
            #expect(page.headers("set-cookie").count == 1)
            #expect(page.header("location") == nil)
            #expect(!page.text.contains(scene.server.provider.issuer))
            #expect(scene.server.provider.capturedRequests().isEmpty)
        }
    }

    @Test("CM-8, D-69: an answer that goes to this computer carries a warning")
    func loopbackWarning() async throws {
        try await BrowserScene.run { scene in
            let page = try await scene.open()
            #expect(page.text.contains("class=\"warn\""))
        }
        try await BrowserScene.run(redirectURIs: ["https://client.example.com/cb"]) { scene in
            let page = try await scene.open()
            #expect(!page.text.contains("class=\"warn\""))
        }
    }

    @Test("CO-3, AZ-17, D-23: approval is a 303 upstream, and only then the flow's cookie is set")
    func approve() async throws {
        try await BrowserScene.run { scene in
            let ticket = try await scene.ticket()
            #expect(await !scene.browser.cookies(for: scene.server.issuer).keys.contains { $0.contains("flow") })
            let page = try await scene.answer(ticket)
            #expect(page.status == 303)
            #expect(page.header("cache-control") == "no-store")
            #expect(page.header("referrer-policy") == "no-referrer")
            let location = try #require(page.header("location"))
            #expect(location.hasPrefix(scene.server.provider.url(of: .authorization) + "?"))
            let cookie = try #require(page.headers("set-cookie").first { $0.contains("gatehouse-flow-") })
            #expect(cookie.contains("HttpOnly"))
            #expect(cookie.contains("SameSite=Lax"))
            #expect(cookie.contains("Path=/"))
            #expect(cookie.contains("Max-Age=600"))
            // UP-1: our own state, PKCE and nonce towards the provider; nothing of the client's.
            let sent = page.redirectParameters
            #expect(sent["code_challenge_method"] == "S256")
            #expect(sent["nonce"]?.isEmpty == false)
            #expect((sent["state"] ?? "").utf8.count >= 43)
            #expect(sent["redirect_uri"] == scene.server.issuer + "/oauth/callback/" + TestServer.upstream)
            #expect(!location.contains("state-123"))
            #expect(!location.contains("127.0.0.1%3A51004"))
            #expect(!location.contains(scene.client.id))
            #expect(try await scene.metrics()["gatehouse_pending_authorizations"] == 1)
            #expect(try scene.auditEvents("consent.approved").count == 1)
        }
    }

    @Test("AZ-15: denial is access_denied by 303, and nothing is stored or asked upstream")
    func deny() async throws {
        try await BrowserScene.run { scene in
            let page = try await scene.answer(try await scene.ticket(), "deny")
            #expect(page.status == 303)
            #expect(page.redirectParameters["error"] == "access_denied")
            #expect(page.redirectParameters["state"] == "state-123")
            #expect(page.redirectParameters["iss"] == scene.server.issuer)
            #expect(page.redirectParameters["code"] == nil)
            #expect(page.headers("set-cookie").isEmpty)
            #expect(scene.server.provider.capturedRequests().isEmpty)
            try await scene.expectNothingStored()
            #expect(try scene.auditEvents("consent.denied").count == 1)
        }
    }

    @Test(
        "A form that neither approves nor denies is no decision",
        arguments: ["", "maybe", "Approve", "approve deny"]
    )
    func undecided(_ decision: String) async throws {
        try await BrowserScene.run { scene in
            try await scene.answer(try await scene.ticket(), decision).expectErrorPage()
            try await scene.expectNothingStored()
        }
    }

    @Test("D-9: two decisions or two tickets are none")
    func repeatedFields() async throws {
        try await BrowserScene.run { scene in
            let ticket = try await scene.ticket()
            let forms = [
                [("ticket", ticket), ("decision", "approve"), ("decision", "deny")],
                [("ticket", ticket), ("ticket", ticket), ("decision", "approve")], [("ticket", ticket)],
                [("decision", "approve")],
            ]
            for form in forms {
                let page = try await scene.browser.post(scene.server.issuer + "/oauth/consent", form: form)
                page.expectErrorPage()
            }
            try await scene.expectNothingStored()
            #expect(try await scene.answer(ticket).status == 303)
        }
    }

    @Test("CO-2: two tabs are both valid, in either order, and both end with a code")
    func twoTabs() async throws {
        try await BrowserScene.run { scene in
            let tickets = [try await scene.ticket(["state": "one"]), try await scene.ticket(["state": "two"])]
            let second = try await scene.answer(tickets[1])
            let first = try await scene.answer(tickets[0])
            let answers = [
                try await scene.client.finish(first, with: scene.browser, at: scene.server),
                try await scene.client.finish(second, with: scene.browser, at: scene.server),
            ]
            #expect(answers.map { $0["state"] } == ["one", "two"])
            for answer in answers {
                #expect(try await scene.client.redeem(try #require(answer["code"])).status == 200)
            }
        }
    }

    @Test("D-70, AZ-20: a page that was open too long is refused, and starting again works")
    func stale() async throws {
        try await BrowserScene.run { scene in
            let ticket = try await scene.ticket()
            scene.server.clock.advance(by: .seconds(599))
            let late = try await scene.ticket()
            scene.server.clock.advance(by: .seconds(1))
            let page = try await scene.answer(ticket)
            page.expectErrorPage()
            #expect(page.text.contains("start again"))
            try await scene.expectNothingStored()
            #expect(try await scene.answer(late).status == 303)
        }
    }

    @Test("CO-3: a ticket approves once; the second approval changes nothing")
    func replayedTicket() async throws {
        try await BrowserScene.run { scene in
            let ticket = try await scene.ticket()
            let approval = try await scene.answer(ticket)
            #expect(approval.status == 303)
            try await scene.answer(ticket).expectErrorPage()
            #expect(try await scene.metrics()["gatehouse_pending_authorizations"] == 1)
            let answer = try await scene.client.finish(approval, with: scene.browser, at: scene.server)
            #expect(answer["code"] != nil)
            try await scene.answer(ticket).expectErrorPage()
        }
    }

    @Test("LF-3: sixteen approvals of one ticket at once are one approval")
    func racingApprovals() async throws {
        try await BrowserScene.run { scene in
            let ticket = try await scene.ticket()
            let (browser, issuer) = (scene.browser, scene.server.issuer)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        let form = [("ticket", ticket), ("decision", "approve")]
                        return try await browser.post(issuer + "/oauth/consent", form: form).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 303 }.count == 1)
            #expect(statuses.filter { $0 == 400 }.count == 15)
            #expect(try await scene.metrics()["gatehouse_pending_authorizations"] == 1)
        }
    }

    @Test("LF-4: the client is looked up again when the page is answered")
    func clientGone() async throws {
        try await BrowserScene.run { scene in
            let ticket = try await scene.ticket()
            _ = try await scene.server.server.stores.clients.remove(scene.client.id).outcome
            try await scene.answer(ticket).expectErrorPage()
            try await scene.answer(ticket, "deny").expectErrorPage()
            try await scene.expectNothingStored()
        }
    }

    @Test("AZ-15: a provider that is down at approval is an error for the client, not a dead end")
    func providerDown() async throws {
        try await BrowserScene.run { scene in
            scene.server.provider.script(.status(503), on: .discovery, times: 100)
            let page = try await scene.answer(try await scene.ticket())
            #expect(page.status == 303)
            #expect(page.redirectParameters["error"] == "temporarily_unavailable")
            #expect(page.redirectParameters["iss"] == scene.server.issuer)
            try await scene.expectNothingStored()
        }
    }
}
