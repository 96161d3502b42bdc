import AuthorizationServer
import AuthorizationServerTesting
import Logging
import OAuthProtocol
import OutboundHTTP
import ServerConfiguration
import SocketHTTP
import Testing

/// RFC 7517 §5, CA-5, D-88: key sets behind `jwks_uri`.
@Suite("Client keys behind a URL")
struct ClientKeyFetchTests {
    private static let url = "https://keys.example/jwks.json"

    private static func run(
        _ key: TestClientKey,
        _ body: (TestServer, KeySetHost) async throws -> Void
    ) async throws {
        let host = KeySetHost()
        try await TestServer.run(
            configure: { $0.clients = [AssertionScene.client(key, keySetURI: url)] },
            environment: { environment in
                host.attach(environment.transport)
                environment.transport = host
            }
        ) { server in
            try await body(server, host)
        }
    }

    private static func token(
        _ key: TestClientKey,
        _ server: TestServer,
        _ id: String
    ) async throws -> OAuthTestClient.Answer {
        try await server.visitor.token(AssertionScene.credentialsForm + key.form(at: server, tokenID: id))
    }

    private static func expect(
        _ status: Int,
        _ key: TestClientKey,
        _ server: TestServer,
        _ id: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let answer = try await token(key, server, id)
        #expect(answer.status == status, sourceLocation: sourceLocation)
    }

    @Test("CA-5: keys are fetched once and used for many; the request goes through the address policy, bounded")
    func fetchedOnce() async throws {
        let key = try TestClientKey("batch")
        try await Self.run(key) { server, host in
            host.serve(key.keySet, at: Self.url)
            for id in ["1", "2", "3"] {
                try await Self.expect(200, key, server, id)
            }
            let request = try #require(host.requests.first)
            #expect(host.requests.count == 1)
            // The issuer is on loopback; with any other the policy is publicOnly.
            #expect(request.addressPolicy == .loopbackAllowed)
            #expect(request.maximumRedirects == 0)
            #expect(request.limits.responseBytesMax <= 65_536)
            #expect(!request.headerFields.contains { $0.name.lowercased() == "authorization" })
        }
    }

    @Test("CA-5: an unknown kid causes one fetch of the keys, and further ones cause none for a while")
    func unknownKey() async throws {
        let (old, new) = (try TestClientKey("batch", keyID: "old"), try TestClientKey("batch", keyID: "new"))
        let forged = try TestClientKey("batch", keyID: "forged")
        try await Self.run(old) { server, host in
            host.serve(old.keySet, at: Self.url)
            try await Self.expect(200, old, server, "1")
            host.serve(new.keySet, at: Self.url)
            // The keys have just been fetched; made-up key ids must not cause a fetch each.
            try await Self.expect(401, new, server, "2")
            server.clock.advance(by: .seconds(31))
            try await Self.expect(200, new, server, "3")
            #expect(host.requests.count == 2)
            for id in ["4", "5", "6"] {
                try await Self.expect(401, forged, server, id)
            }
            #expect(host.requests.count == 2)
            // A key that its owner has removed from the set is refused.
            try await Self.expect(401, old, server, "7")
        }
    }

    @Test("CA-5: a wrong signature with a known kid does not have the keys fetched again")
    func knownKey() async throws {
        let (key, forger) = (try TestClientKey("batch"), try TestClientKey("batch"))
        try await Self.run(key) { server, host in
            host.serve(key.keySet, at: Self.url)
            try await Self.expect(200, key, server, "1")
            server.clock.advance(by: .seconds(60))
            try await Self.expect(401, forger, server, "2")
            #expect(host.requests.count == 1)
        }
    }

    @Test(
        "TK-16: keys that cannot be had are 503 and not invalid_client, whatever the reason",
        arguments: [
            .failure(OutboundError(.addressRefused, "a private address")),
            .failure(OutboundError(.timeout, "slow")), .failure(OutboundError(.tooLarge, "huge")),
            .success(OutboundResponse(status: 302, headerFields: [("location", "http://169.254.169.254/")])),
            .success(OutboundResponse(status: 500)),
            .success(OutboundResponse(status: 200, body: Array("<html>".utf8))),
            .success(OutboundResponse(status: 200, body: Array("[]".utf8))),
        ] as [Result<OutboundResponse, OutboundError>]
    )
    func unavailable(answer: Result<OutboundResponse, OutboundError>) async throws {
        let key = try TestClientKey("batch")
        try await Self.run(key) { server, host in
            host.answer(Self.url, answer)
            let refused = try await Self.token(key, server, "1")
            #expect(refused.status == 503)
            #expect(refused.error == "temporarily_unavailable")
            #expect(refused.header("retry-after") != nil)
            // The answer does not say which it was: that would map networks for strangers.
            #expect(refused["error_description"] == OAuthErrorText.overloaded)
            host.serve(key.keySet, at: Self.url)
            server.clock.advance(by: .seconds(31))
            // A check that could not be made does not use the assertion up.
            try await Self.expect(200, key, server, "1")
        }
    }

    private enum OAuthErrorText {
        static let overloaded = "the server cannot process this request now"
    }

    @Test("CA-5: while the host is down the stored keys are used, at most a day")
    func stale() async throws {
        let key = try TestClientKey("batch")
        try await Self.run(key) { server, host in
            host.serve(key.keySet, at: Self.url)
            try await Self.expect(200, key, server, "1")
            host.answer(Self.url, .failure(OutboundError(.connectFailed, "down")))
            server.clock.advance(by: .seconds(3600))
            try await Self.expect(200, key, server, "2")
            #expect(host.requests.count == 2)
            server.clock.advance(by: .seconds(86_400))
            try await Self.expect(503, key, server, "3")
        }
    }

    @Test("CA-5, CM-7: one fetch serves all waiting requests")
    func singleFlight() async throws {
        let host = KeySetHost()
        let key = try TestClientKey("batch")
        let clock = ManualClock()
        host.serve(key.keySet, at: Self.url)
        host.close()
        let sets = RemoteKeySets(
            transport: host,
            addressPolicy: .publicOnly,
            limiter: SourceLimiter(rates: [:]),
            timeSource: clock,
            work: BackgroundWork(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let context = RequestContext(source: .loopback, now: clock.now(), requestID: RequestID(number: 1))
        let found = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<32 { group.addTask { await sets.keySet(at: Self.url, context: context) != nil } }
            while host.requests.isEmpty { await Task.yield() }
            for _ in 0..<100 { await Task.yield() }
            host.open()
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(found == 32)
        #expect(host.requests.count == 1)
        #expect(host.requests.first?.addressPolicy == .publicOnly)
    }

    @Test("D-90, CM-7: a source that makes us fetch too much gets no more fetches; the table of URLs is bounded")
    func limits() async throws {
        let host = KeySetHost()
        let clock = ManualClock()
        let sets = RemoteKeySets(
            transport: host,
            addressPolicy: .publicOnly,
            limiter: SourceLimiter(rates: [.metadataFetch: .init(burst: 1100, perMinute: 1)]),
            timeSource: clock,
            work: BackgroundWork(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let context = RequestContext(source: .loopback, now: clock.now(), requestID: RequestID(number: 1))
        for number in 0..<1200 {
            let url = "https://victim-\(number).example/"
            host.answer(url, .success(OutboundResponse(status: 404)))
            _ = await sets.keySet(at: url, context: context)
        }
        #expect(host.requests.count == 1100)
        #expect(sets.count == 1024)
    }

    @Test(
        "D-90: made-up URLs on one host are throttled, from however many sources; other hosts are not, nor known keys"
    )
    func hosts() async throws {
        let host = KeySetHost()
        let clock = ManualClock()
        let key = try TestClientKey("batch")
        let sets = RemoteKeySets(
            transport: host,
            addressPolicy: .publicOnly,
            limiter: SourceLimiter(rates: [.metadataFetch: .init(burst: 5, perMinute: 5)]),
            timeSource: clock,
            work: BackgroundWork(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        func ask(_ url: String, source: UInt8) async throws -> Bool {
            let address = try #require(IPAddress("192.0.2.\(source)"))
            let context = RequestContext(source: address, now: clock.now(), requestID: RequestID(number: 1))
            return await sets.keySet(at: url, context: context) != nil
        }
        let known = "https://victim.example/jwks.json"
        host.serve(key.keySet, at: known)
        #expect(try await ask(known, source: 0))
        clock.advance(by: .seconds(3600))
        for number in 0..<100 {
            // The case of a host's name does not make another host of it.
            let url = "https://\(number % 2 == 0 ? "victim" : "VICTIM").example/\(number)"
            host.answer(url, .success(OutboundResponse(status: 404)))
            #expect(try await !ask(url, source: UInt8(1 + number)))
        }
        #expect(host.requests.count == 1 + Configuration.Rate.hostFetches.burst)
        #expect(try await ask(known, source: 150))
        #expect(host.requests.last?.url == known)
        let other = "https://other.example/jwks.json"
        host.serve(key.keySet, at: other)
        #expect(try await ask(other, source: 151))
        // The allowance comes back with time.
        host.serve(key.keySet, at: "https://victim.example/new")
        #expect(try await !ask("https://victim.example/new", source: 152))
        clock.advance(by: .seconds(60))
        #expect(try await ask("https://victim.example/new", source: 153))
    }
}
