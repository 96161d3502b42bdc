import AuthorizationServerTesting
import DevelopmentIdentityProvider
import Testing

@Suite("Faults by name in other packages’ tests")
struct HarnessFaultTests {
    private static var options: TestServer.Options {
        var options = TestServer.Options()
        options.accessTokenLifetime = .seconds(86_400)
        return options
    }

    @Test("the names are those of the control plane, each once, and lead back to the fault")
    func names() {
        let names = TestServer.UpstreamFault.allCases.map(\.name)
        #expect(names.sorted() == Fault.names.sorted())
        #expect(Set(names).count == names.count)
        for fault in TestServer.UpstreamFault.allCases + [.slow(seconds: 2), .tooManyRequests(retryAfter: 30)] {
            #expect(TestServer.UpstreamFault(named: fault.name) == fault)
            #expect(Fault.named(fault.name) != nil)
        }
        for name in ["", "token-50", "429", "429=", "429=x", "429=3601", "slow=-1", "quick=1"] {
            #expect(TestServer.UpstreamFault(named: name) == nil, "\(name)")
        }
    }

    @Test("every fault can be scripted at its usual endpoint, counted and removed")
    func everyFault() async throws {
        try await withGatehouse { (server) async throws in
            for fault in TestServer.UpstreamFault.allCases { try server.fail(fault, times: 2) }
            #expect(server.unmetFaults.count == TestServer.UpstreamFault.allCases.count)
            server.clearFaults()
            #expect(server.unmetFaults.isEmpty)
            _ = try await server.issueToken()
        }
    }

    @Test("a fault hits the upstream and the number of requests that it names")
    func counted() async throws {
        var options = Self.options
        options.furtherUpstreams = [.init("git", like: .githubApp)]
        try await withGatehouse(options) { (server) async throws in
            let token = try await server.issueToken()
            let client = try await OAuthTestClient.registered(at: server)
            server.advance(by: .seconds(9 * 3600))
            try server.fail(.unavailable, upstream: "git", times: 2)
            for _ in 0..<2 {
                #expect(try await client.exchange(token, audience: "git").status == 503)
                try await client.exchange(token, audience: "corp").require(200)
            }
            try await client.exchange(token, audience: "git").require(200)
        }
    }

    @Test("a test whose fault no request has met fails with the fault's name")
    func unmet() async throws {
        let error = await #expect(throws: FaultsNotMet.self) {
            try await withGatehouse { (server) async throws in
                _ = try await server.issueToken()
                try server.fail(.invalidGrant)
                server.failNextUpstreamTokenRequest(.emptyRevocationEndpoint)
            }
        }
        #expect(error?.faults.contains("corp /token: invalid-grant") == true)
        var options = TestServer.Options()
        options.requiresFaultsToOccur = false
        try await withGatehouse(options) { (server) async throws in try server.fail(.invalidGrant) }
    }

    @Test("of several faults in a queue, the last ones are left")
    func partlyMet() async throws {
        try await withGatehouse { (server) async throws in
            try server.fail(.accessDenied)
            try server.fail(.badState)
            await #expect(throws: AuthorizationRefused.self) { _ = try await server.issueToken() }
            #expect(server.unmetFaults == ["corp /authorize: bad-state"])
            server.clearFaults()
        }
    }

    @Test("what would change nothing is refused with the reason")
    func senseless() async throws {
        try await withGatehouse { (server) async throws in
            let calls: [(String, () throws -> Void)] = [
                ("changes nothing", { try server.fail(.badNonce, at: .keySet) }),
                ("there is corp", { try server.fail(.unavailable, upstream: "git") }),
                ("times", { try server.fail(.unavailable, times: 0) }),
                ("0 to 3600", { try server.fail(.tooManyRequests(retryAfter: 3601)) }),
                ("there is corp", { _ = try server.hold(upstream: "git") }),
            ]
            for (words, call) in calls {
                let error = #expect(throws: HarnessError.self) { try call() }
                #expect(error?.description.contains(words) == true, "\(words)")
            }
            #expect(server.unmetFaults.isEmpty)
        }
    }

    @Test("a held request waits for the test, whether the provider has performed it or not", arguments: [false, true])
    func held(isPerformed: Bool) async throws {
        try await withGatehouse(Self.options) { (server) async throws in
            let token = try await server.issueToken()
            let client = try await OAuthTestClient.registered(at: server)
            try server.expireUpstreamTokens()
            let held = try server.hold(performed: isPerformed)
            #expect(!held.isHeld)
            async let answer = client.exchange(token)
            try await held.waitUntilHeld()
            #expect(held.isHeld)
            held.release()
            let status = try await answer.status
            #expect(status == 200)
        }
    }
}
