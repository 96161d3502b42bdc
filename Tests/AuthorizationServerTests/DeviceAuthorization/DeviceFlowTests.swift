import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthClientKit
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing

@Suite("RFC 8628: devices without a browser")
struct DeviceFlowTests {
    @Test("DV-1: a device gets its tokens at the poll after its user has approved, once")
    func approved() async throws {
        try await DeviceScene.run { scene in
            let codes = try await scene.begin()
            #expect(codes.status == 200 && codes.integer("interval") == 5 && codes.integer("expires_in") == 600)
            #expect(codes["verification_uri"] == scene.server.issuer + "/device")
            let (device, user) = (codes["device_code"], try #require(codes["user_code"]))
            #expect(user.count == 9 && user.contains("-"))
            #expect(codes["verification_uri_complete"] == scene.server.issuer + "/device?user_code=" + user)
            #expect(try await scene.poll(device).isError(400, "authorization_pending"))
            #expect(try await scene.poll(device).isError(400, "slow_down"))
            let browser = TestBrowser(transport: scene.server.transport)
            let consent = try await scene.enter(user.lowercased(), in: browser)
            #expect(consent.status == 200 && consent.text.contains(user) && consent.text.contains("Approve only if"))
            let last = try await scene.decide(consent, "approve", in: browser)
            #expect(last.status == 200 && last.text.contains("The device is connected"))
            scene.server.clock.advance(by: .seconds(11))
            let tokens = try await scene.poll(device)
            #expect(tokens.status == 200 && tokens["scope"] == "mcp:read offline_access")
            let token = try #require(tokens["access_token"])
            #expect(try await scene.server.visitor.introspect(token).json["active"] == true)
            var client = scene.server.visitor
            client.id = DeviceScene.client
            #expect(try await client.refresh(try #require(tokens["refresh_token"])).status == 200)
            #expect(try await scene.server.visitor.exchange(token).status == 200)
            #expect(try await scene.poll(device).isError(400, "invalid_grant"))
            #expect(try scene.server.auditEvents("device.requested").count == 1)
            #expect(
                try scene.server.auditEvents("token.issued").last?["grant_type"]?.stringValue == DeviceScene.grantType
            )
        }
    }

    @Test("DV-1: a user who denies ends it, and a login that fails does too")
    func denied() async throws {
        try await DeviceScene.run { scene in
            let browser = TestBrowser(transport: scene.server.transport)
            let codes = try await scene.begin()
            let consent = try await scene.enter(codes["user_code"], in: browser)
            let page = try await scene.decide(consent, "deny", in: browser)
            #expect(page.text.contains("was not connected") && page.header("location") == nil)
            #expect(try await scene.poll(codes["device_code"]).isError(400, "access_denied"))
            let other = try await scene.begin()
            scene.server.provider.script(.oauthError("access_denied"), on: .authorization)
            let failed = try await scene.decide(
                try await scene.enter(other["user_code"], in: browser),
                "approve",
                in: browser
            )
            #expect(failed.text.contains("was not connected"))
            #expect(try await scene.poll(other["device_code"]).isError(400, "access_denied"))
        }
    }

    @Test("DV-1: codes expire after ten minutes, on the page and for the device")
    func expired() async throws {
        try await DeviceScene.run { scene in
            let codes = try await scene.begin()
            let browser = TestBrowser(transport: scene.server.transport)
            let consent = try await scene.enter(codes["user_code"], in: browser)
            scene.server.clock.advance(by: .seconds(599))
            #expect(try await scene.poll(codes["device_code"]).isError(400, "authorization_pending"))
            scene.server.clock.advance(by: .seconds(1))
            #expect(try await scene.poll(codes["device_code"]).isError(400, "expired_token"))
            #expect(try await scene.enter(codes["user_code"], in: browser).text.contains("unknown, or it has expired"))
            let late = try await browser.post(
                scene.server.issuer + "/oauth/consent",
                form: [("ticket", consent.hiddenFields["ticket"] ?? ""), ("decision", "approve")]
            )
            #expect(late.status == 400 || late.header("location") != nil)
        }
    }

    @Test("DV-1: of 64 polls that race for one approval, one gets tokens")
    func race() async throws {
        try await DeviceScene.run { scene in
            let codes = try await scene.begin()
            let browser = TestBrowser(transport: scene.server.transport)
            _ = try await scene.decide(try await scene.enter(codes["user_code"], in: browser), "approve", in: browser)
            let code = codes["device_code"]
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<64 { group.addTask { try await scene.poll(code).status } }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 200 }.count == 1)
        }
    }

    @Test("TK-16: while the journal takes nothing the approval is kept for the next poll")
    func outage() async throws {
        let journal = ScriptedJournal()
        try await DeviceScene.run(environment: { $0.journal = journal }) { scene in
            let codes = try await scene.begin()
            let browser = TestBrowser(transport: scene.server.transport)
            _ = try await scene.decide(try await scene.enter(codes["user_code"], in: browser), "approve", in: browser)
            journal.refusesToWait = true
            #expect(try await scene.poll(codes["device_code"]).status == 503)
            journal.refusesToWait = false
            #expect(try await scene.poll(codes["device_code"]).status == 200)
        }
    }

    @Test("DV-1: another client cannot fetch the tokens, and trying changes nothing")
    func otherClient() async throws {
        try await DeviceScene.run { scene in
            let codes = try await scene.begin()
            let browser = TestBrowser(transport: scene.server.transport)
            _ = try await scene.decide(try await scene.enter(codes["user_code"], in: browser), "approve", in: browser)
            #expect(try await scene.poll(codes["device_code"], as: "other-cli").isError(400, "invalid_grant"))
            #expect(try await scene.poll(codes["device_code"]).status == 200)
        }
    }
}
