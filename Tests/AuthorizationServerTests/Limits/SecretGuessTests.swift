import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import SocketHTTP
import Testing

/// RFC 6749 §10.10, D-80: wrong guesses are limited before they are compared.
@Suite("Guesses at secrets")
struct SecretGuessTests {
    private static let form = [("grant_type", "client_credentials"), ("resource", TestServer.resource)]
    private static let secrets = [
        "batch": "the-secret-of-the-batch-client-1", "other": "the-secret-of-the-other-client-2",
        "keyless": "the-secret-of-the-keyless-client",
    ]

    private func run(
        burst: Int = 10,
        configure: (inout Configuration) -> Void = { _ in },
        _ body: (TestServer) async throws -> Void
    ) async throws {
        try await TestServer.run(
            configure: { configuration in
                configuration.limits.failuresPerSource = .init(burst: burst, perMinute: 60)
                configuration.trustedProxies = [AddressRange(.loopback, prefixLength: 8)]
                configuration.clients = Self.secrets.sorted { $0.key < $1.key }.map { id, secret in
                    var client = Configuration.Client(clientID: id)
                    client.tokenEndpointAuthMethod = .clientSecretBasic
                    client.clientSecret = .value(SecretValue(secret))
                    client.grantTypes = [.clientCredentials]
                    return client
                }
                configure(&configuration)
            },
            body
        )
    }

    private func ask(
        _ server: TestServer,
        _ id: String = "batch",
        _ secret: String? = nil,
        from source: String = "203.0.113.1"
    ) async throws -> OAuthTestClient.Answer {
        let basic = OAuthTestClient.basic(id, secret ?? Self.secrets[id] ?? "")
        return try await server.visitor.post(Self.form, [("authorization", basic), ("x-forwarded-for", source)])
    }

    @Test("S-04: after the burst the right secret gets 429 from that source as well, and 200 from another")
    func clientSecret() async throws {
        try await run { server async throws in
            for _ in 0..<2 { #expect(try await ask(server, "batch", "guess").isError(401, "invalid_client")) }
            for _ in 0..<20 { #expect(try await ask(server, "batch", "guess").status == 429) }
            let right = try await ask(server)
            #expect(right.isError(429, "temporarily_unavailable"))
            #expect(right.header("retry-after") == "5")
            #expect(try await ask(server, from: "203.0.113.2").status == 200)
            server.clock.advance(by: .seconds(5))
            #expect(try await ask(server).status == 200)
        }
    }

    @Test("S-04: a client behind the same address is not hurt by guesses at another one's secret")
    func neighbour() async throws {
        try await run { server async throws in
            for _ in 0..<50 { _ = try await ask(server, "batch", "guess") }
            #expect(try await ask(server).status == 429)
            for _ in 0..<5 { #expect(try await ask(server, "other").status == 200) }
        }
    }

    @Test("S-04: guesses at many clients' secrets spend the source's allowance; a client that proved itself goes on")
    func manyClients() async throws {
        try await run(burst: 2) { server async throws in
            #expect(try await ask(server, "other").status == 200)
            #expect(try await ask(server, "batch", "guess").status == 401)
            #expect(try await ask(server, TestServer.resourceServer.id, "guess").status == 401)
            // Nothing was guessed at this client's secret.
            let guess = try await ask(server, "keyless", "guess")
            #expect(guess.status == 429)
            #expect(try await ask(server, "other").status == 200)
        }
    }

    @Test("S-04: right secrets spend nothing, however many come")
    func refund() async throws {
        try await run(burst: 1) { server async throws in
            for _ in 0..<20 { #expect(try await ask(server).status == 200) }
        }
    }

    @Test("S-04: right assertions spend nothing either, also many at the same time")
    func assertions() async throws {
        let key = try TestClientKey("keyed")
        try await run(burst: 50, configure: { $0.clients.append(AssertionScene.client(key)) }) { server async throws in
            let forms = try (0..<40).map { Self.form + (try key.form(at: server, tokenID: "\($0)")) }
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for form in forms { group.addTask { try await server.visitor.token(form).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses == Array(repeating: 200, count: 40))
        }
    }

    @Test("S-04: wrong assertions count like wrong secrets, and then a right one is not examined")
    func wrongAssertions() async throws {
        let (key, forger) = (try TestClientKey("keyed"), try TestClientKey("keyed"))
        try await run(burst: 10, configure: { $0.clients.append(AssertionScene.client(key)) }) { server async throws in
            func send(_ key: TestClientKey, _ id: String) async throws -> Int {
                try await server.visitor.token(Self.form + key.form(at: server, tokenID: id)).status
            }
            #expect(try await send(forger, "1") == 401)
            #expect(try await send(forger, "2") == 401)
            #expect(try await send(forger, "3") == 429)
            #expect(try await send(key, "4") == 429)
            server.clock.advance(by: .seconds(5))
            #expect(try await send(key, "4") == 200)
        }
    }

    enum Door: String, CaseIterable {
        case administrator, proxy, registration
    }

    private func knock(_ server: TestServer, _ door: Door, _ secret: String) async throws -> Int {
        let client = server.visitor
        switch door {
        case .administrator:
            let fields = [(name: "authorization", value: "Bearer " + secret)]
            return try await client.send("GET", server.managementURL + "/admin/audit", headerFields: fields).status
        case .proxy:
            let fields = [(name: "x-gatehouse-proxy-secret", value: secret)]
            // Without a token of a user the proxy hears 401, once it is known as the proxy.
            return try await client.send("GET", "/forward-auth", headerFields: fields).status
        case .registration:
            let fields = [
                (name: "authorization", value: "Bearer " + secret), (name: "content-type", value: "application/json"),
            ]
            let body = JSONObject([("redirect_uris", .array(["http://127.0.0.1/cb"]))]).serialized()
            return try await client.send("POST", "/oauth/register", headerFields: fields, body: body).status
        }
    }

    @Test(
        "S-04: the administrator's, the proxy's and the registration's secret are guarded alike",
        arguments: Door.allCases
    )
    func doors(door: Door) async throws {
        let secret = "the-secret-of-the-operator-behind-this-door"
        try await run(configure: { configuration in
            configuration.management.adminToken = .value(SecretValue(secret))
            configuration.forwardAuth.secret = .value(SecretValue(secret))
            configuration.registration.initialAccessToken = .value(SecretValue(secret))
        }) { server async throws in
            let (wrong, right) =
                switch door {
                case .administrator: (401, 200)
                case .proxy: (403, 401)
                case .registration: (401, 201)
                }
            #expect(try await knock(server, door, secret) == right)
            for _ in 0..<2 { #expect(try await knock(server, door, "guess") == wrong) }
            for _ in 0..<9 { #expect(try await knock(server, door, "guess") == 429) }
            #expect(try await knock(server, door, secret) == 429)
            server.clock.advance(by: .seconds(60))
            #expect(try await knock(server, door, secret) == right)
            let event =
                switch door {
                case .administrator: "admin.token_wrong"
                case .proxy: "proxy.secret_wrong"
                case .registration: "registration.token_wrong"
                }
            let lines = server.auditLog.all.filter { $0.contains(event) }
            // Twelve failures: the first, second, fourth and eighth are recorded.
            #expect(lines.count == 4 && lines.last?.contains("\"failures\":8") ?? false)
            #expect(!server.auditLog.all.contains { $0.contains(secret) || $0.contains("guess") })
        }
    }

    @Test("S-04: the trail names the client whose secret is guessed, and does not grow with each guess")
    func audit() async throws {
        try await run { server async throws in
            for _ in 0..<100 { _ = try await ask(server, "batch", "guess") }
            let lines = server.auditLog.all.filter { $0.contains("client.authentication_failed") }
            #expect(lines.count == 7)
            #expect(lines.allSatisfy { $0.contains("\"client_id\":\"batch\"") && $0.contains("203.0.113.1") })
        }
    }

    @Test("S-04: an unknown client is no guess: its answer always says that it must register again (FD-8)")
    func unknownClient() async throws {
        try await run { server async throws in
            for _ in 0..<30 { #expect(try await ask(server, "missing", "guess").isError(401, "invalid_client")) }
            #expect(try await ask(server).status == 200)
        }
    }
}

@Suite("The limiter of guesses")
struct GuessLimiterTests {
    private let now = Timestamp(secondsSinceEpoch: 1_800_000_000)

    private func source(_ number: UInt32) -> IPAddress { IPAddress(v4: 0x0A00_0000 + number) }

    @Test("S-04: with an empty bucket nothing is compared")
    func notCompared() async {
        let limiter = GuessLimiter(rate: .init(burst: 5, perMinute: 5))
        let first = limiter.attempt(.proxy, from: source(1), now: now) { false }
        #expect(first == .wrong(failureCount: 1))
        let second = limiter.attempt(.proxy, from: source(1), now: now) {
            Issue.record("compared")
            return true
        }
        #expect(second == .refused(retryAfter: .seconds(60), failureCount: 2))
    }

    @Test("S-04: slow examinations are bounded in number at a time, and charged when they fail")
    func examination() async {
        let limiter = GuessLimiter(rate: .init(burst: 10, perMinute: 10))
        let subject = GuessLimiter.Subject.client(id: "c")
        for _ in 0..<64 { #expect(limiter.begin(subject, from: source(1), now: now) == nil) }
        #expect(limiter.begin(subject, from: source(1), now: now) != nil)
        for _ in 0..<60 { limiter.succeed(subject, from: source(1), now: now) }
        #expect(limiter.begin(subject, from: source(1), now: now) == nil)
        limiter.release(subject, from: source(1))
        // Two failures spend the pair's fifth of ten; the other two are a debt.
        for _ in 0..<4 { _ = limiter.fail(subject, from: source(1), now: now) }
        #expect(limiter.begin(subject, from: source(1), now: now + .seconds(89)) != nil)
        #expect(limiter.begin(subject, from: source(1), now: now + .seconds(90)) == nil)
    }

    @Test("S-16: the networks of one IPv6 site are one source, and another site is another")
    func site() async throws {
        let limiter = GuessLimiter(rate: .init(burst: 5, perMinute: 5))
        let first = try #require(IPAddress("2001:db8:1:1::1"))
        let second = try #require(IPAddress("2001:db8:1:ff00::1"))
        let other = try #require(IPAddress("2001:db8:2::1"))
        let wrong = limiter.attempt(.proxy, from: first, now: now) { false }
        #expect(wrong == .wrong(failureCount: 1))
        let refused = limiter.attempt(.proxy, from: second, now: now) { true }
        #expect(refused != .right)
        let right = limiter.attempt(.proxy, from: other, now: now) { true }
        #expect(right == .right)
    }

    @Test("S-04: addresses of one IPv6 network are one source")
    func network() async throws {
        let limiter = GuessLimiter(rate: .init(burst: 5, perMinute: 5))
        let (first, second) = (try #require(IPAddress("2001:db8::1")), try #require(IPAddress("2001:db8::2")))
        let verdict1 = limiter.attempt(.proxy, from: first, now: now) { false }
        #expect(verdict1 == .wrong(failureCount: 1))
        let verdict2 = limiter.attempt(.proxy, from: second, now: now) { true }
        #expect(verdict2 != .right)
    }

    @Test("S-04: the tables stay at their bound, and a client that has proven itself stays proven")
    func bound() async {
        let limiter = GuessLimiter(rate: .init(burst: 1, perMinute: 1), countMax: 50)
        let client = GuessLimiter.Subject.client(id: "ours")
        let verdict3 = limiter.attempt(client, from: source(0), now: now) { true }
        #expect(verdict3 == .right)
        for number in 1..<1000 {
            _ = limiter.attempt(.client(id: "c\(number)"), from: source(UInt32(number)), now: now) { true }
            _ = limiter.attempt(.client(id: "d\(number)"), from: source(UInt32(number)), now: now) { false }
            #expect(limiter.count <= 50)
        }
        // Another client's guess spends the source; the proven one does not depend on it.
        let verdict4 = limiter.attempt(.client(id: "x"), from: source(0), now: now) { false }
        #expect(verdict4 == .wrong(failureCount: 1))
        let verdict5 = limiter.attempt(.client(id: "y"), from: source(0), now: now) { true }
        #expect(verdict5 != .right)
        let verdict6 = limiter.attempt(client, from: source(0), now: now) { true }
        #expect(verdict6 == .right)
    }
}
