import AuthorizationServer
import AuthorizationServerTesting
import GatehouseVerifier
import OAuthProtocol
import OpenSSLCrypto
import Synchronization
import Testing

/// RFC 8417 §2.3, RFC 8936 §2.4: events that a verifier for Swift servers must not believe.
@Suite("The verifier for Swift servers refuses events that are not its issuer's")
struct RevocationFeedRefusalTests {
    /// What is wrong with an event.
    enum Defect: CaseIterable {
        case unsigned, otherKey, unknownKey, otherIssuer, otherAudience, noAudience, accessToken, noType, noIdentifier
        case noEvents, noSubject, garbage, changedSignature
    }

    private static func token(_ defect: Defect, _ scene: FeedScene) throws -> String {
        let right = try scene.event()
        let parts = right.split(separator: ".").map(String.init)
        func header(_ json: JSONObject) -> String { Base64URL.encode(json.serialized()) }
        switch defect {
        case .unsigned:
            return header(["alg": "none", "typ": "secevent+jwt", "kid": "k"]) + "." + parts[1] + "."
        case .otherKey:
            let name = try JSONParser.parseObject(try #require(Base64URL.decode(parts[0])))["kid"]
            let input = header(["alg": "ES256", "typ": "secevent+jwt", "kid": name ?? "k"]) + "." + parts[1]
            let other = try PrivateKey.generate(.es256)
            return input + "." + Base64URL.encode(try other.signature(for: Array(input.utf8), using: .es256))
        case .unknownKey:
            return header(["alg": "ES256", "typ": "secevent+jwt", "kid": "unknown"]) + "." + parts[1] + "." + parts[2]
        case .otherIssuer: return try scene.event(["iss": "https://other.example"])
        case .otherAudience: return try scene.event(["aud": "tools-server"])
        case .noAudience: return try scene.event(["aud": .null])
        case .accessToken: return try scene.event(type: "at+jwt")
        case .noType: return try scene.event(type: "JWT")
        case .noIdentifier: return try scene.event(["jti": .null])
        case .noEvents: return try scene.event(["events": .null])
        case .noSubject: return try scene.event(["sub_id": .null])
        case .garbage: return "garbage"
        case .changedSignature: return parts[0] + "." + parts[1] + "." + String(parts[2].reversed())
        }
    }

    @Test(
        "it is reported to the issuer, and every token that was issued until then is refused",
        arguments: Defect.allCases
    )
    func defects(defect: Defect) async throws {
        try await FeedScene.run { scene in
            let (tokens, _) = try await scene.scene.login()
            let token = try Self.token(defect, scene)
            let answers = Mutex([FeedScene.answer("x.e1", token)])
            let subscriber = scene.subscriber { request, answer in
                guard request.url.contains("/ssf/poll/") else { return answer }
                return answers.withLock { $0.popLast() } ?? answer
            }
            try await subscriber.feed.start()
            #expect(try await !scene.accepts(tokens.accessToken, subscriber))
            #expect(subscriber.feed.refusedCount == 0)
            scene.scene.server.clock.advance(by: .seconds(2))
            let (later, _) = try await scene.scene.login()
            #expect(try await scene.accepts(later.accessToken, subscriber))
            try await subscriber.feed.start()
            let last = try #require(try subscriber.requests.polls().last)
            #expect(last["setErrs"]?.objectValue?.names == ["x.e1"] && last["ack"] == nil)
        }
    }

    @Test("an event of another type changes nothing; one about the whole issuer refuses what was issued until its time")
    func otherEvents() async throws {
        try await FeedScene.run { scene in
            let (tokens, _) = try await scene.scene.login()
            let issued = scene.now
            scene.scene.server.clock.advance(by: .seconds(10))
            let (later, _) = try await scene.scene.login()
            let tenant: JSONObject = [
                "sub_id": [
                    "format": "complex",
                    "tenant": ["format": "opaque", "id": .string(scene.scene.server.issuer)],
                ],
                "events": .object([EventScene.sessionRevoked: ["event_timestamp": .integer(Int(issued) + 5)]]),
            ]
            let events = [
                try scene.event(tenant), try scene.event(["events": .object([EventScene.verification: [:]])]),
            ]
            let answers = Mutex(events.map { FeedScene.answer("x.e1", $0) })
            let subscriber = scene.subscriber { request, answer in
                guard request.url.contains("/ssf/poll/") else { return answer }
                return answers.withLock { $0.popLast() } ?? answer
            }
            try await subscriber.feed.start()
            #expect(try await scene.accepts(tokens.accessToken, subscriber))
            // The same identifier again would not be taken twice: the acknowledgement has to reach the issuer first.
            answers.withLock { $0.append(FeedScene.answer("x.e2", events[0])) }
            try await subscriber.feed.start()
            #expect(try await !scene.accepts(tokens.accessToken, subscriber))
            #expect(try await scene.accepts(later.accessToken, subscriber))
        }
    }

    @Test("wrong credentials, a server without events and another issuer's metadata are said at the start")
    func starts() async throws {
        try await FeedScene.run { scene in
            let wrong = scene.subscriber(secret: "wrong")
            let foreign = scene.subscriber { request, answer in
                guard request.method == "GET" else { return answer }
                var json = try JSONParser.parseObject(answer.body)
                json["issuer"] = "https://other.example"
                return IssuerAnswer(status: 200, body: json.serialized())
            }
            let long = scene.subscriber { _, _ in
                IssuerAnswer(status: 200, body: Array(repeating: 0x20, count: 5 << 20))
            }
            for (subscriber, word) in [(wrong, "401"), (foreign, "another issuer"), (long, "too long")] {
                let error = await #expect(throws: VerificationError.self) { try await subscriber.feed.start() }
                #expect("\(String(describing: error))".contains(word))
                guard case .interrupted(_, let reason) = subscriber.feed.state else {
                    Issue.record("\(subscriber.feed.state)")
                    continue
                }
                #expect(reason.contains(word))
            }
        }
        try await TestServer.run { server in
            let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
            let scene = FeedScene(scene: EventScene(server: server, client: client))
            let error = await #expect(throws: VerificationError.self) { try await scene.subscriber().feed.start() }
            #expect("\(String(describing: error))".contains("404"))
        }
    }

    @Test("neither a feed nor its requests show the credentials")
    func redacted() async throws {
        try await FeedScene.run { scene in
            let seen = Mutex("")
            let subscriber = scene.subscriber { request, answer in
                seen.withLock { text in
                    text += "\(request) \(String(reflecting: request))"
                    dump(request, to: &text)
                }
                return answer
            }
            try await subscriber.feed.start()
            var text = "\(subscriber.feed) \(String(reflecting: subscriber.feed))" + seen.withLock { $0 }
            dump(subscriber.feed, to: &text)
            #expect(text.contains("/ssf/stream"))
            #expect(!text.contains("Basic") && !text.contains(TestServer.resourceServer.secret))
        }
    }
}
