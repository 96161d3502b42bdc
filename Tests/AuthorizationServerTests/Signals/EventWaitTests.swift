import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import Testing

/// RFC 8936 §2.4: polls that wait.
@Suite("Shared Signals: polls that wait")
struct EventWaitTests {
    /// Returns once so many polls wait.
    private func waiting(_ count: Int, _ scene: EventScene) async {
        while scene.server.server.eventWaits.count < count { await Task.yield() }
    }

    @Test("100 receivers that wait learn of an end, each from its own poll")
    func subscribers() async throws {
        try await EventScene.run { scene in
            let (tokens, session) = try await scene.login()
            var streams: [String] = []
            for _ in 0..<100 { streams.append(try await scene.stream()) }
            let found = try await withThrowingTaskGroup(of: [String].self) { group in
                for id in streams {
                    group.addTask {
                        // A poll that waited as long as the server lets it is answered without events.
                        while true {
                            let events = try scene.events(try await scene.poll(id, waits: true))
                            guard events.isEmpty else { return events.map { scene.session(of: $0.claims) } }
                        }
                    }
                }
                _ = try await scene.client.revoke(tokens.refreshToken)
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(found == Array(repeating: [session], count: 100))
        }
    }

    @Test("a poll that waits is answered by a verification, by a later poll of its stream, and by a shutdown")
    func wakes() async throws {
        try await EventScene.run { scene in
            let id = try await scene.stream()
            async let verified = scene.poll(id, waits: true)
            await waiting(1, scene)
            _ = try await scene.send("POST", "/ssf/verify", ["stream_id": .string(id)])
            let events = try scene.events(try await verified)
            #expect(events.count == 1)
            let acknowledgement: JSONObject = ["ack": .array(events.map { .string($0.id) })]
            async let displaced = scene.poll(id, acknowledgement, waits: true)
            await waiting(1, scene)
            async let last = scene.poll(id, waits: true)
            let none = try scene.events(try await displaced)
            #expect(none.isEmpty)
            await waiting(1, scene)
            scene.server.server.eventWaits.close()
            let closed = try scene.events(try await last)
            #expect(closed.isEmpty)
        }
    }

    @Test("an end at another resource leaves a poll waiting")
    func irrelevant() async throws {
        try await EventScene.run { scene in
            let other = TestServer.secondResourceServer
            let id = try await scene.stream(as: other)
            async let answer = scene.poll(id, waits: true, as: other)
            await waiting(1, scene)
            let (tokens, _) = try await scene.login()
            _ = try await scene.client.revoke(tokens.refreshToken)
            _ = try await scene.send("POST", "/ssf/verify", ["stream_id": .string(id)], as: other)
            let events = try scene.events(try await answer)
            #expect(events.map { $0.claims["events"]?.objectValue?.names } == [[EventScene.verification]])
        }
    }
}
