import AuthorizationServerTesting
import Testing

@Suite("Captured requests in other packages’ tests")
struct HarnessCaptureTests {
    @Test("what the provider received can be asked for and waited for, without any secret")
    func provider() async throws {
        try await withGatehouse { (server) async throws in
            let token = try await server.issueToken()
            let client = try await OAuthTestClient.registered(at: server)
            let upstream = try await client.exchange(token).require(200)
            let requests = try await server.waitForUpstreamRequests(1, at: .token)
            let first = try #require(requests.first)
            #expect(first["grant_type"] == "authorization_code" && first["code"] == "<redacted>")
            #expect(first.method == "POST" && first.endpoint == "/token" && first.time > 0)
            let sent = try server.upstreamRequests(at: .authorization)
            #expect(sent.first?["client_id"] == "gatehouse" && sent.first?["state"] == "<redacted>")
            let secret = try #require(upstream["access_token"])
            let everything = try server.upstreamRequests()
            #expect(!"\(everything)".contains(secret) && everything.count > requests.count)
            #expect(everything.allSatisfy { $0.authorization?.hasSuffix("<redacted>") ?? true })
            server.forgetRequests()
            #expect(try server.upstreamRequests().isEmpty)
        }
    }

    @Test("what the server answered can be asked for by route, and has no token")
    func server() async throws {
        try await withGatehouse { (server) async throws in
            let token = try await server.issueToken()
            let requests = try await server.waitForRequests(1, route: "token")
            #expect(requests.map(\.status) == [200] && requests.map(\.method) == ["POST"])
            let routes = Set(server.requests().map(\.route))
            #expect(routes.isSuperset(of: ["register", "authorize", "token"]), "\(routes)")
            #expect(!"\(server.requests())".contains(token))
            server.forgetRequests()
            #expect(server.requests().isEmpty)
            async let waiting = server.waitForRequests(1, route: "introspect")
            let client = try await OAuthTestClient.registered(at: server)
            _ = try await client.introspect(token)
            let introspections = try await waiting
            #expect(introspections.count == 1)
        }
    }

    @Test("what does not come fails the test with what came")
    func timeouts() async throws {
        try await withGatehouse { (server) async throws in
            _ = try await server.issueToken()
            let upstream = await #expect(throws: HarnessError.self) {
                try await server.waitForUpstreamRequests(1, at: .revocation, within: .milliseconds(1))
            }
            #expect(upstream?.description == "corp has received 0 of 1 requests at /revoke")
            let own = await #expect(throws: HarnessError.self) {
                try await server.waitForRequests(1, route: "introspect", within: .milliseconds(1))
            }
            #expect(own?.description.contains("0 of 1") == true && own?.description.contains("authorize") == true)
            await #expect(throws: HarnessError.self) {
                try await server.waitForUpstreamRequests(1, upstream: "git", at: .token)
            }
        }
    }
}
