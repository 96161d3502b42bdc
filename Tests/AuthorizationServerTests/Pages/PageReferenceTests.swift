import AuthorizationServerTesting
import OAuthProtocol
import Testing

@Suite("An error page names its request, by which the operator finds it")
struct PageReferenceTests {
    @Test("in the audit trail and the log; another request has another reference")
    func found() async throws {
        try await BrowserScene.run { scene in
            let page = try await scene.open(["redirect_uri": "https://elsewhere.example.com/callback"])
            page.expectErrorPage()
            let reference = try #require(page.reference)
            let events = try scene.auditEvents("authorization.page_error")
            #expect(events.map { $0["request_id"]?.stringValue } == [reference])
            #expect(events.first?["client_id"] == .string(scene.client.id))
            #expect(scene.server.log.all.contains { $0.contains("authorize") && $0.contains(reference) })
            let other = try await scene.open(["client_id": "unknown"])
            #expect(try #require(other.reference) != reference)
        }
    }

    @Test("also after a decision about a consent page, and not where two pages must not differ")
    func decisions() async throws {
        try await BrowserScene.run { scene in
            let refused = try await scene.answer(try await scene.ticket(), with: scene.anotherBrowser())
            #expect(refused.status == 403 && refused.reference != nil)
            let guess = scene.server.issuer + "/oauth/callback/" + TestServer.upstream + "?code=x&state=guess"
            let page = try await scene.anotherBrowser().get(guess)
            #expect(page.status == 403 && page.reference == nil)
        }
    }
}
