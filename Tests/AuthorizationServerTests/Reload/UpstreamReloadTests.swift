import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import ServerConfiguration
import Synchronization
import Testing

@Suite("Reloading a configuration with other upstreams")
struct UpstreamReloadTests {
    private static func run(
        reloadsUpstreams: Bool,
        _ body: (TestServer, _ reload: ((inout Configuration) -> Void) async -> String?) async throws -> Void
    ) async throws {
        let source = Mutex<Configuration?>(nil)
        let read: @Sendable () throws -> Configuration = {
            guard let configuration = source.withLock(\.self) else { throw CancellationError() }
            return configuration
        }
        try await TestServer.run(
            environment: {
                $0.readConfiguration = read
                $0.reloadsUpstreams = reloadsUpstreams
            }
        ) { (server) async throws in
            try await body(server) { change in
                var next = server.server.configuration
                change(&next)
                let changed = next
                source.withLock { $0 = changed }
                return await server.server.reload().refusal
            }
        }
    }

    /// Another upstream at the same provider, which no login visits.
    private static func further(_ server: TestServer) -> Configuration.Upstream {
        var upstream = TestServer.upstreamConfiguration(name: "later", issuer: server.provider.issuer)
        upstream.login = .onDemand
        return upstream
    }

    @Test("by default an added or a removed one needs a restart, and nothing changes")
    func refused() async throws {
        try await Self.run(reloadsUpstreams: false) { (server, reload) async throws in
            let upstream = Self.further(server)
            let added = await reload { $0.upstreams.append(upstream) }
            #expect(added?.contains("upstreams") == true)
            let removed = await reload { $0.upstreams = [] }
            #expect(removed?.contains("upstreams") == true)
            _ = try await server.issueToken()
        }
    }

    @Test("a server of tests takes an added one and gives it up again; sessions remain")
    func taken() async throws {
        try await Self.run(reloadsUpstreams: true) { (server, reload) async throws in
            let token = try await server.issueToken()
            let client = try await OAuthTestClient.registered(at: server)
            let before = try await client.exchange(token, audience: "later")
            #expect(before.error != nil && before.error != "interaction_required")
            let upstream = Self.further(server)
            let added = await reload {
                $0.upstreams.append(upstream)
                $0.resources[0].upstreams.append("later")
            }
            #expect(added == nil)
            #expect(try await client.exchange(token, audience: "later").error == "interaction_required")
            #expect(try await client.exchange(token).status == 200)
            let removed = await reload { _ in }
            #expect(removed == nil)
            #expect(try await client.exchange(token, audience: "later").error == before.error)
            #expect(try await client.exchange(token).status == 200)
        }
    }

    @Test("a change of one that remains needs a restart there, too, and an unusable one changes nothing")
    func changed() async throws {
        try await Self.run(reloadsUpstreams: true) { (server, reload) async throws in
            let changed = await reload { $0.upstreams[0].scopes = ["openid"] }
            #expect(changed?.contains("upstreams") == true)
            var unusable = Self.further(server)
            unusable.clientID = nil
            unusable.clientSecret = nil
            let broken = unusable
            let refused = await reload { $0.upstreams.append(broken) }
            #expect(refused?.contains("unusable") == true)
            _ = try await server.issueToken()
        }
    }
}
