import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("type: mcp, where the authorization server accepts registration and no metadata documents")
struct ProtectedServerRegistrationTests {
    @Test("RFC 7591: the whole login after one registration, retrieval and refresh as the registered client")
    func wholeWay() async throws {
        try await ProtectedServerScene.run(foreign: { $0.registration.acceptsMetadataDocuments = false }) { scene in
            let token = try await scene.accessToken()
            let page = try await scene.connect(token)
            #expect(page.status == 200 && page.text.contains("tools is connected"), "\(page.url) \(page.status)")
            let first = try await scene.retrieve(token)
            let seen = try await scene.introspect(try first.accessToken)
            #expect(seen.json["active"] == true && seen["aud"] == scene.host.url("/mcp"))
            let registered = try scene.foreign.auditEvents("client.registered")
            try #require(registered.count == 1)
            #expect(seen["client_id"] != nil && registered[0]["client_id"]?.stringValue == seen["client_id"])
            #expect(seen["client_id"] != scene.gateway.issuer + "/.well-known/oauth-client/tools.json")
            scene.gateway.clock.advance(by: .seconds(2 * 3600))
            let refreshed = try await scene.retrieve(token)
            #expect(refreshed.status == 200 && refreshed.json["refreshed"] == true)
            let again = try await scene.introspect(try refreshed.accessToken)
            #expect(again.json["active"] == true && again["client_id"] == seen["client_id"])
            #expect(try scene.foreign.auditEvents("client.registered").count == 1)
        }
    }
}
