import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import ServerConfiguration
import Testing

/// CO-1, FD-10: a remembered consent ends: it expires, its user withdraws it, or an operator does.
@Suite("P1: consents are withdrawn and expire")
struct WithdrawnConsentTests {
    private static let ownNavigation = [(name: "sec-fetch-site", value: "none")]

    private static func run(_ body: (BrowserScene) async throws -> Void) async throws {
        try await BrowserScene.run(
            redirectURIs: ["https://client.example.com/cb"],
            configure: { configuration in
                configuration.consent = .remember
                configuration.consentLifetime = .seconds(3600)
            },
            body
        )
    }

    private static func isAsked(_ scene: BrowserScene) async throws -> Bool {
        let page = try await scene.open(headerFields: ownNavigation)
        return page.status == 200 && page.hiddenFields["ticket"] != nil
    }

    private static func connectionsPage(_ scene: BrowserScene) async throws -> TestBrowser.Page {
        try await scene.browser.get(scene.server.issuer + "/connections", headerFields: [("accept", "text/html")])
    }

    private static func press(
        _ name: String,
        _ value: String,
        _ scene: BrowserScene
    ) async throws -> TestBrowser.Page {
        let page = try await connectionsPage(scene)
        return try await scene.browser.post(
            try #require(page.formAction),
            form: page.hiddenFields.map { ($0.key, $0.value) } + [(name, value)]
        )
    }

    private static func listed(_ scene: BrowserScene, _ query: String = "") async throws -> [JSONObject] {
        let answer = try await scene.client.send(
            "GET",
            scene.server.managementURL + "/admin/consents" + query,
            headerFields: [("authorization", "Bearer admin-token-for-tests")]
        )
        #expect(answer.status == 200)
        guard case .array(let values)? = answer.json["consents"] else { return [] }
        return values.compactMap { if case .object(let row) = $0 { row } else { nil } }
    }

    @Test("a consent expires after its lifetime, which logins without the page do not prolong")
    func expiry() async throws {
        try await Self.run { scene async throws in
            #expect(try await scene.authorize()["code"] != nil)
            scene.server.clock.advance(by: .seconds(3599))
            let page = try await scene.open(headerFields: Self.ownNavigation)
            #expect(page.status == 302)
            #expect(try await scene.client.finish(page, with: scene.browser, at: scene.server)["code"] != nil)
            scene.server.clock.advance(by: .seconds(1))
            #expect(try await Self.isAsked(scene))
            #expect(try await Self.listed(scene).isEmpty)
        }
    }

    @Test("the page lists the consent; withdrawn, it is asked for again, and the session goes on")
    func forget() async throws {
        try await Self.run { scene async throws in
            let code = try #require(try await scene.authorize()["code"])
            let tokens = try await scene.client.redeem(code)
            let id = try #require(try await Self.listed(scene).first?["id"]?.stringValue)
            let page = try await Self.connectionsPage(scene)
            #expect(page.text.contains("You are not asked again") && page.text.contains(id))
            #expect(try await Self.press("forget", id, scene).status == 303)
            #expect(try await Self.isAsked(scene))
            #expect(try await scene.client.refresh(tokens["refresh_token"] ?? "").status == 200)
            let events = try scene.auditEvents("consent.withdrawn")
            #expect(events.count == 1 && events[0]["by"]?.stringValue == "user")
            #expect(try await Self.press("forget", "nonsense", scene).status == 404)
        }
    }

    @Test("removing an application's access withdraws its consent")
    func remove() async throws {
        try await Self.run { scene async throws in
            let code = try #require(try await scene.authorize()["code"])
            let tokens = try await scene.client.redeem(code)
            #expect(try await Self.press("remove", scene.client.id, scene).status == 200)
            #expect(try await Self.isAsked(scene))
            #expect(try await scene.client.refresh(tokens["refresh_token"] ?? "").error == "invalid_grant")
        }
    }

    @Test("a login that was spared the page yields no code once the consent is withdrawn")
    func withdrawnMeanwhile() async throws {
        try await Self.run { scene async throws in
            #expect(try await scene.authorize()["code"] != nil)
            let page = try await scene.open(headerFields: Self.ownNavigation)
            let callback = try await scene.callbackURL(after: page)
            #expect(try await Self.press("remove", scene.client.id, scene).status == 200)
            let answer = try await scene.browser.get(callback)
            answer.expectInterstitial(error: "access_denied")
            #expect(try await Self.listed(scene).isEmpty)
        }
    }

    @Test("an operator lists consents, and withdraws those of a user or a client")
    func administration() async throws {
        try await Self.run { scene async throws in
            #expect(try await scene.authorize()["code"] != nil)
            let row = try #require(try await Self.listed(scene).first)
            #expect(row["client_id"]?.stringValue == scene.client.id)
            #expect(row["destination"]?.stringValue == "https://client.example.com")
            #expect(row["resource"]?.stringValue == TestServer.resource)
            let sub = try #require(row["sub"]?.stringValue)
            #expect(try await Self.listed(scene, "?user=\(sub)&client=\(scene.client.id)").count == 1)
            #expect(try await Self.listed(scene, "?client=another").isEmpty)
            func withdraw(_ query: String) async throws -> OAuthTestClient.Answer {
                try await scene.client.send(
                    "DELETE",
                    scene.server.managementURL + "/admin/consents" + query,
                    headerFields: [("authorization", "Bearer admin-token-for-tests")]
                )
            }
            #expect(try await withdraw("").status == 400)
            #expect(try await withdraw("?client=another").integer("consents") == 0)
            #expect(try await withdraw("?user=\(sub)").integer("consents") == 1)
            #expect(try await Self.listed(scene).isEmpty)
            #expect(try await Self.isAsked(scene))
            #expect(try scene.auditEvents("consent.withdrawn").count == 1)
        }
    }
}
