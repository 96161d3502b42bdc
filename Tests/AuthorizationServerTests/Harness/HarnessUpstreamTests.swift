import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("Several upstreams and clients of every kind in other packages’ tests")
struct HarnessUpstreamTests {
    @Test("a login visits every upstream that is not on demand, and each gives its own tokens")
    func several() async throws {
        var options = TestServer.Options()
        options.furtherUpstreams = [.init("git", like: .githubApp), .init("chat", like: .slack)]
        var later = TestServer.Upstream("later")
        later.isOnDemand = true
        options.furtherUpstreams.append(later)
        options.users = [.init("linus", name: "Linus", email: "linus@example.com")]
        try await withGatehouse(options) { (server) async throws in
            #expect(server.upstreamNames == ["corp", "git", "chat", "later"])
            let issuers = try server.upstreamNames.map { try server.upstreamIssuer($0) }
            #expect(Set(issuers).count == 4)
            for user in ["ada", "linus"] {
                let token = try await server.issueToken(subject: user)
                let client = try await OAuthTestClient.registered(at: server)
                var tokens: Set<String> = []
                for name in ["corp", "git", "chat"] {
                    let answer = try await client.exchange(token, audience: name).require(200)
                    tokens.insert(answer["access_token"] ?? "")
                }
                #expect(tokens.count == 3)
                let missing = try await client.exchange(token, audience: "later")
                #expect(missing.error == "interaction_required" && missing["connect_uri"] != nil)
            }
            #expect(try server.upstreamRequests("later").isEmpty)
        }
    }

    @Test("names that two upstreams have, or none can have, stop the start by name")
    func refusedNames() async throws {
        for names in [["git", "git"], ["corp"], ["Git"], [""], ["a b"]] {
            var options = TestServer.Options()
            options.furtherUpstreams = names.map { .init($0) }
            let error = await #expect(throws: ConfigurationError.self) { _ = try await TestServer.start(options) }
            #expect(error?.path == "furtherUpstreams", "\(names)")
        }
        var options = TestServer.Options()
        options.users = [.init("ada")]
        await #expect(throws: ConfigurationError.self) { _ = try await TestServer.start(options) }
    }

    @Test("a user's claims at the provider are those of the test")
    func claims() async throws {
        var options = TestServer.Options()
        options.users = [.init("lin", claims: ["groups": ["kernel"], "email_verified": false])]
        try await withGatehouse(options) { (server) async throws in
            let user = await server.provider.users.first { $0.subject == "lin" }
            #expect(user?.additionalClaims["groups"]?.stringArrayValue == ["kernel"])
            _ = try await server.issueToken(subject: "lin")
        }
    }

    @Test("a client that is known by its metadata document logs in, without a web server")
    func documents() async throws {
        try await withGatehouse { (server) async throws in
            let client = try OAuthTestClient.published(at: server, url: "https://app.example/oauth/client.json")
            let tokens = try await client.tokens(at: server).require(200)
            #expect(HarnessTokenTests.claims(of: tokens["access_token"] ?? "")?["client_id"]?.stringValue == client.id)
            try await client.refresh(tokens["refresh_token"] ?? "").require(200)
            for url in ["http://app.example/c.json", "https://app.example/", "app"] {
                #expect(throws: HarnessError.self) { _ = try OAuthTestClient.published(at: server, url: url) }
            }
        }
    }

    @Test("upstream tokens expire, or are revoked there, and a refresh or the user repairs it")
    func endings() async throws {
        var options = TestServer.Options()
        options.accessTokenLifetime = .seconds(86_400)
        try await withGatehouse(options) { (server) async throws in
            let token = try await server.issueToken()
            let client = try await OAuthTestClient.registered(at: server)
            let first = try await client.exchange(token).require(200)["access_token"]
            try server.expireUpstreamTokens()
            let second = try await client.exchange(token).require(200)["access_token"]
            #expect(first != second)
            try await server.revokeAtUpstream("ada")
            try server.expireUpstreamTokens()
            #expect(try await client.exchange(token).error == "interaction_required")
            await #expect(throws: HarnessError.self) { try await server.revokeAtUpstream("no-such-user") }
        }
        options.upstreamTokenLifetime = nil
        try await withGatehouse(options) { (server) async throws in
            let error = #expect(throws: HarnessError.self) { try server.expireUpstreamTokens() }
            #expect(error?.description.contains("never expire") == true)
        }
    }

    @Test("twenty servers in one process: each has its own keys, users' sessions and ports")
    func twenty() async throws {
        let servers = try await withThrowingTaskGroup(of: (TestServer, String).self) { group in
            for _ in 0..<20 {
                group.addTask {
                    let server = try await TestServer.start(.init())
                    return (server, try await server.issueToken())
                }
            }
            var servers: [(TestServer, String)] = []
            for try await server in group { servers.append(server) }
            return servers
        }
        #expect(Set(servers.map(\.0.issuer)).count == 20)
        for (index, (server, token)) in servers.enumerated() {
            let client = try await OAuthTestClient.registered(at: server)
            #expect(try await client.introspect(token).boolean("active") == true)
            let foreign = servers[(index + 1) % servers.count].1
            #expect(try await client.introspect(foreign).boolean("active") == false)
            #expect(server.problems(of: foreign).contains { $0.contains("iss") })
        }
        for (server, _) in servers { await server.shutdown() }
    }
}
