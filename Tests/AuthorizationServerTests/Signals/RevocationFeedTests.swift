import AuthorizationServer
import AuthorizationServerTesting
import GatehouseVerifier
import OAuthProtocol
import Testing

/// RFC 8936 and RFC 8417: the verifier for Swift servers refuses what has ended.
@Suite("The verifier for Swift servers follows revocations")
struct RevocationFeedTests {
    @Test("a revoked session's token is refused, another session's and a later one are not")
    func revokedSession() async throws {
        try await FeedScene.run { scene in
            let subscriber = scene.subscriber()
            let (first, _) = try await scene.scene.login()
            let (second, _) = try await scene.scene.login()
            #expect(subscriber.feed.state == .idle)
            try await subscriber.feed.start()
            #expect(subscriber.feed.state == .following(asOf: scene.now))
            #expect(try await scene.accepts(first.accessToken, subscriber))
            _ = try await scene.scene.client.revoke(first.refreshToken)
            try await subscriber.feed.start()
            #expect(try await !scene.accepts(first.accessToken, subscriber))
            #expect(try await scene.accepts(second.accessToken, subscriber))
            let (third, _) = try await scene.scene.login()
            #expect(try await scene.accepts(third.accessToken, subscriber))
            #expect(subscriber.feed.refusedCount == 1)
        }
    }

    @Test("what ended before the process began is known after the start; one token can end by itself")
    func earlierEnds() async throws {
        try await FeedScene.run { scene in
            let (tokens, _) = try await scene.scene.login()
            _ = try await scene.scene.client.revoke(tokens.accessToken)
            let renewed = try await scene.scene.client.refresh(tokens.refreshToken)
            let subscriber = scene.subscriber()
            try await subscriber.feed.start()
            #expect(try await !scene.accepts(tokens.accessToken, subscriber))
            #expect(try await scene.accepts(renewed.accessToken, subscriber))
        }
    }

    @Test("100 subscribers each refuse a token after their next poll's answer")
    func manySubscribers() async throws {
        try await FeedScene.run { scene in
            let (tokens, _) = try await scene.scene.login()
            let subscribers = (0..<100).map { _ in scene.subscriber() }
            for subscriber in subscribers {
                try await subscriber.feed.start()
                #expect(try await scene.accepts(tokens.accessToken, subscriber))
            }
            _ = try await scene.scene.client.revoke(tokens.refreshToken)
            for subscriber in subscribers {
                try await subscriber.feed.start()
                #expect(try await !scene.accepts(tokens.accessToken, subscriber))
            }
        }
    }

    @Test("run waits for what ends, without being asked, and ends with its task; close drops the stream")
    func follows() async throws {
        try await FeedScene.run { scene in
            let (polls, polled) = AsyncStream.makeStream(of: Void.self)
            let subscriber = scene.subscriber(before: { _ in polled.yield() })
            let (tokens, _) = try await scene.scene.login()
            try await subscriber.feed.start()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await subscriber.feed.run() }
                _ = try await scene.scene.client.revoke(tokens.refreshToken)
                // A poll is sent after the answer to the one before was taken.
                for await _ in polls {
                    guard try await scene.accepts(tokens.accessToken, subscriber) else { break }
                }
                group.cancelAll()
            }
            let bodies = try subscriber.requests.polls()
            #expect(bodies.first?["returnImmediately"] == true && bodies.last?["returnImmediately"] == false)
            await subscriber.feed.close()
            #expect(subscriber.feed.state == .closed)
            let left = try await scene.scene.send("GET", "/ssf/stream")
            #expect(left.body == "[]")
        }
    }

    @Test("an event is acknowledged once, also when the answer to its acknowledgement was lost")
    func acknowledged() async throws {
        try await FeedScene.run { scene in
            struct Lost: Error {}
            let (tokens, _) = try await scene.scene.login()
            let subscriber = scene.subscriber { request, answer in
                let body = String(decoding: request.body, as: UTF8.self)
                if body.contains("\"ack\""), scene.scene.server.clock.now().secondsSinceEpoch.isMultiple(of: 2) {
                    throw Lost()
                }
                return answer
            }
            try await subscriber.feed.start()
            _ = try await scene.scene.client.revoke(tokens.refreshToken)
            try await subscriber.feed.start()
            // The clock of the test begins at an even second.
            await #expect(throws: VerificationError.self) { try await subscriber.feed.start() }
            #expect(try await !scene.accepts(tokens.accessToken, subscriber))
            scene.scene.server.clock.advance(by: .seconds(1))
            for _ in 0..<2 { try await subscriber.feed.start() }
            let acknowledged = try subscriber.requests.polls().map { $0["ack"]?.arrayValue?.count ?? 0 }
            #expect(acknowledged == [0, 0, 1, 1, 0])
            #expect(subscriber.feed.refusedCount == 1)
        }
    }

    @Test("a stream that the issuer has dropped is made anew, and says everything again")
    func droppedStream() async throws {
        try await FeedScene.run { scene in
            let (tokens, _) = try await scene.scene.login()
            let subscriber = scene.subscriber()
            try await subscriber.feed.start()
            let all = try JSONParser.parse(Array(try await scene.scene.send("GET", "/ssf/stream").body.utf8))
            let id = try #require(all.arrayValue?.first?.objectValue?["stream_id"]?.stringValue)
            _ = try await scene.scene.send("DELETE", "/ssf/stream?stream_id=\(id)")
            _ = try await scene.scene.client.revoke(tokens.refreshToken)
            try await subscriber.feed.start()
            #expect(try await !scene.accepts(tokens.accessToken, subscriber))
        }
    }

    @Test("while the issuer does not answer, what was known remains, the state says so, and pauses grow")
    func interrupted() async throws {
        try await FeedScene.run { scene in
            struct Down: Error {}
            let (pauses, paused) = AsyncStream.makeStream(of: Duration.self)
            let (tokens, _) = try await scene.scene.login()
            let (others, _) = try await scene.scene.login()
            let start = scene.now
            let subscriber = scene.subscriber(before: { _ in if scene.now != start { throw Down() } })
            _ = try await scene.scene.client.revoke(tokens.refreshToken)
            try await subscriber.feed.start()
            scene.scene.server.clock.advance(by: .seconds(10))
            let found = await withTaskGroup(of: Void.self) { group in
                group.addTask { await subscriber.feed.run { duration in paused.yield(duration) } }
                var found: [Duration] = []
                for await pause in pauses {
                    found.append(pause)
                    if found.count == 6 { break }
                }
                group.cancelAll()
                return found
            }
            #expect(found == [1, 2, 5, 10, 30, 30].map { .seconds($0) })
            guard case .interrupted(let since, let reason) = subscriber.feed.state else {
                Issue.record("\(subscriber.feed.state)")
                return
            }
            #expect(since == start && reason.contains("Down"))
            #expect(try await !scene.accepts(tokens.accessToken, subscriber))
            #expect(try await scene.accepts(others.accessToken, subscriber))
        }
    }
}
