import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import Testing

@Suite("RFC 6749 §4.1.2, RFC 9207: the answer to an authorization request")
struct AuthorizationAnswerTests {
    @Test("AZ-14, AZ-16, AZ-17, D-21, D-24: one code, one state, one issuer of ours, and no trace")
    func success() async throws {
        try await BrowserScene.run { scene async throws in
            let url = try await scene.callbackURL(after: try await scene.approved())
            // The provider names itself (RFC 9207) to us; the client must get our issuer only.
            #expect(OAuthTestClient.parameters(of: url)["iss"] == scene.server.provider.issuer)
            let page = try await scene.browser.get(url)
            #expect(page.status == 302)
            #expect(page.header("cache-control") == "no-store")
            #expect(page.header("referrer-policy") == "no-referrer")
            #expect(page.text.isEmpty)
            let parameters = page.redirectParameters
            #expect(Set(parameters.keys) == ["code", "state", "iss"])
            #expect(parameters["iss"] == scene.server.issuer)
            #expect(parameters["state"] == "state-123")
            let code = try #require(parameters["code"])
            #expect(code.utf8.count >= 43)
            #expect(try await scene.client.redeem(code).status == 200)
        }
    }

    @Test("AZ-13: the state comes back byte for byte, and none when none was sent")
    func state() async throws {
        let states = [
            "a+b c%20d", "ünï©ødé 🗝 \u{202E}", "e\u{301}", "&iss=evil#?=", "<\"'>", "\u{1}\n\r\t",
            String(repeating: "s", count: 2048), String(repeating: "é", count: 1024),
            String(repeating: "\0", count: 2048),
        ]
        try await BrowserScene.run { scene async throws in
            for state in states {
                let answer = try await scene.authorize(["state": state])
                #expect(answer["state"].map { $0.hasSameBytes(as: state) } == true, "\(state)")
                #expect(answer["iss"] == scene.server.issuer)
            }
            let answer = try await scene.authorize(["state": nil])
            #expect(answer["code"] != nil)
            #expect(answer["state"] == nil)
            #expect(try await scene.authorize(["state": ""])["state"] == nil)
        }
    }

    @Test("AZ-13: a long request ends with a code")
    func longRequest() async throws {
        try await BrowserScene.run { scene in
            let state = String(repeating: "s", count: 2048)
            let scope = "mcp:read " + String(repeating: "x ", count: 100)
            let answer = try await scene.authorize([
                "state": state, "nonce": String(repeating: "n", count: 2048), "scope": scope,
                "login_hint": String(repeating: "h", count: 1024), "acr_values": String(repeating: "a", count: 1024),
            ])
            #expect(answer["state"] == state)
            #expect(try await scene.client.redeem(try #require(answer["code"]))["scope"] == "mcp:read")
        }
    }

    @Test("AZ-13: state and challenge may come again, and every login has its own code")
    func repeatedState() async throws {
        try await BrowserScene.run { scene async throws in
            let first = try await scene.authorize()
            let second = try await scene.authorize()
            let codes = [try #require(first["code"]), try #require(second["code"])]
            #expect(codes[0] != codes[1])
            for code in codes { #expect(try await scene.client.redeem(code).status == 200) }
        }
    }

    @Test("FD-2: unknown scopes are dropped, and the answer says what was granted")
    func narrowedScope() async throws {
        try await BrowserScene.run { scene async throws in
            let answer = try await scene.authorize(["scope": "claudeai mcp:read openid offline_access nothing"])
            let tokens = try await scene.client.redeem(try #require(answer["code"]))
            #expect(tokens["scope"] == "mcp:read openid offline_access")
        }
    }

    @Test("FD-5: a request without a resource means the only one")
    func defaultResource() async throws {
        try await BrowserScene.run { scene async throws in
            let answer = try await scene.authorize(["resource": nil])
            let tokens = try await scene.client.redeem(try #require(answer["code"]))
            #expect(tokens.status == 200)
            let exchanged = try await scene.client.exchange(try #require(tokens["access_token"]))
            #expect(exchanged.status == 200)
        }
    }

    @Test("CR-9: two registrations of the same body are two clients, and both get their code")
    func twoClients() async throws {
        try await BrowserScene.run { scene async throws in
            let other = try await BrowserScene.registered(
                at: scene.server,
                redirectURIs: [scene.client.redirectURI]
            )
            #expect(other.id != scene.client.id)
            for client in [scene.client, other] {
                let answer = try await client.authorize(with: scene.browser, at: scene.server)
                #expect(try await client.redeem(try #require(answer["code"])).status == 200)
            }
        }
    }
}

@Suite("LF-2: an authorization request stores nothing")
struct AuthorizationStoresNothingTests {
    @Test("AZ-13, CO-2: the same address twice gives two pages, and both can be approved")
    func idempotent() async throws {
        try await BrowserScene.run { scene async throws in
            let first = try await scene.ticket()
            let second = try await scene.ticket()
            #expect(first != second)
            try await scene.expectNothingStored()
            #expect(try await scene.answer(second).status == 303)
            #expect(try await scene.answer(first).status == 303)
        }
    }

    @Test("HEAD asks the same and stores as little")
    func head() async throws {
        try await BrowserScene.run { scene async throws in
            let answer = try await scene.client.send("HEAD", scene.client.authorizationURL())
            #expect(answer.status == 200)
            #expect(answer.json.members.isEmpty)
            let wrong = try await scene.client.send("HEAD", scene.client.authorizationURL(["client_id": "x"]))
            #expect(wrong.status == 400)
            try await scene.expectNothingStored()
        }
    }

    @Test("D-80, LF-2: a thousand unauthenticated requests leave every table empty", .timeLimit(.minutes(10)))
    func flood() async throws {
        try await BrowserScene.run { scene async throws in
            let (client, server) = (scene.client, scene.server)
            let statuses = try await withThrowingTaskGroup(of: [Int].self) { group in
                for worker in 0..<10 {
                    group.addTask {
                        var statuses: [Int] = []
                        for index in 0..<100 {
                            let browser = TestBrowser(transport: server.transport)
                            let url = client.authorizationURL(["state": "\(worker)-\(index)"])
                            statuses.append(try await browser.get(url).status)
                        }
                        return statuses
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(statuses == Array(repeating: 200, count: 1000))
            try await scene.expectNothingStored()
            let numbers = try await scene.metrics()
            #expect(numbers[#"gatehouse_authorizations_total{result="consent_page"}"#] == 1000)
            #expect(server.provider.capturedRequests().isEmpty)
        }
    }

    @Test("FastMCP's pre-flight: without cookies a good address is 200 and a stale client 400 (AZ-2)")
    func preflightOfClients() async throws {
        try await BrowserScene.run { scene async throws in
            let stranger = scene.anotherBrowser()
            #expect(try await stranger.get(scene.client.authorizationURL()).status == 200)
            #expect(try await stranger.get(scene.client.authorizationURL(["client_id": "gone"])).status == 400)
        }
    }
}
