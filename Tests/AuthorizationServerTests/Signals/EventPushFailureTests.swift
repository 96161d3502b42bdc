import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OutboundHTTP
import Testing

/// RFC 8935 §2.3 and §2.4: receivers that do not take an event.
@Suite("Shared Signals: receivers that refuse what is pushed")
struct EventPushFailureTests {
    static let failures: [PushReceiver.Answer] = [
        .success(OutboundResponse(status: 500)), .success(OutboundResponse(status: 429)),
        .success(OutboundResponse(status: 200)), .success(OutboundResponse(status: 204)),
        .success(OutboundResponse(status: 307, headerFields: [(name: "location", value: "https://other.example/")])),
        .success(OutboundResponse(status: 401)), .success(OutboundResponse(status: 400)),
        .success(OutboundResponse(status: 400, body: Array("[]".utf8))),
        PushReceiver.refusal("invalid_key"), PushReceiver.refusal("a_code_of_its_own"),
        .failure(OutboundError(.timeout, "late")), .failure(OutboundError(.addressRefused, "private")),
        .failure(OutboundError(.tooLarge, "long")), .failure(OutboundError(.connectFailed, "closed")),
    ]

    @Test("whatever is neither 202 nor a final error is tried again, and loses nothing", arguments: failures.indices)
    func triedAgain(index: Int) async throws {
        let receiver = PushReceiver()
        receiver.script([Self.failures[index]])
        try await EventScene.run(pushingTo: receiver) { scene in
            let id = try await scene.pushedStream()
            let session = try await scene.endedSession()
            await scene.push()
            #expect(receiver.requests.count == 1)
            let status = try await scene.status(id)
            #expect(status["status"] == "enabled")
            scene.server.clock.advance(by: .seconds(1))
            await scene.push()
            let found = try receiver.events().map { scene.session(of: $0) }
            #expect(found == [session, session])
            #expect(try Set(receiver.identifiers()).count == 1)
        }
    }

    @Test("§2.4: an event that the receiver cannot read is not sent again, and the next one is")
    func refused() async throws {
        let receiver = PushReceiver()
        receiver.script([PushReceiver.refusal("invalid_request", "what\nis this")])
        try await EventScene.run(pushingTo: receiver) { scene in
            let id = try await scene.pushedStream()
            let first = try await scene.endedSession()
            let second = try await scene.endedSession()
            await scene.push()
            await scene.push()
            let found = try receiver.events().map { scene.session(of: $0) }
            #expect(found == [first, second])
            let events = try scene.server.auditEvents("event_stream.event_refused")
            #expect(events.count == 1)
            #expect(events.first?["stream"]?.stringValue == id)
            #expect(events.first?["reason"]?.stringValue == "invalid_request: whatis this")
            let status = try await scene.status(id)
            #expect(status["status"] == "enabled")
        }
    }

    @Test(
        "§2.4: an error that concerns every event pauses the stream at once, says why, and keeps the events",
        arguments: ["authentication_failed", "access_denied", "invalid_issuer", "invalid_audience"]
    )
    func unusable(code: String) async throws {
        let receiver = PushReceiver()
        receiver.answer(PushReceiver.refusal(code))
        try await EventScene.run(pushingTo: receiver) { scene in
            let id = try await scene.pushedStream()
            let session = try await scene.endedSession()
            await scene.push()
            let status = try await scene.status(id)
            #expect(status["status"] == "paused")
            #expect(status["reason"] == "the receiver answered \(code): why")
            #expect(try scene.server.auditEvents("event_stream.paused").count == 1)
            // SSF §8.1.5: one notice, whatever becomes of it.
            let kinds = try receiver.events().map { $0["events"]?.objectValue?.names ?? [] }
            #expect(kinds == [[EventScene.sessionRevoked], [EventScene.streamUpdated]])
            scene.server.clock.advance(by: .seconds(600))
            await scene.push()
            #expect(receiver.requests.count == 2)
            receiver.answer(.success(OutboundResponse(status: 202)))
            _ = try await scene.send("POST", "/ssf/status", ["stream_id": .string(id), "status": "enabled"])
            await scene.push()
            let last = try #require(try receiver.events().last)
            #expect(scene.session(of: last) == session)
        }
    }

    @Test("after so many failures in a row the stream is paused, with a reason, a metric and a line in the trail")
    func bound() async throws {
        let receiver = PushReceiver()
        receiver.answer(.failure(OutboundError(.timeout, "late")))
        try await EventScene.run(pushingTo: receiver) { scene in
            let id = try await scene.pushedStream()
            try await scene.verify(id)
            for count in 1..<EventPushes.failureCountMax {
                await scene.push()
                #expect(receiver.requests.count == count)
                scene.server.clock.advance(by: EventPushes.retryIntervalMax)
            }
            let before = try await scene.status(id)
            #expect(before["status"] == "enabled")
            await scene.push()
            let after = try await scene.status(id)
            #expect(after["status"] == "paused")
            #expect(after["reason"] == "the receiver did not answer in time")
            let events = try scene.server.auditEvents("event_stream.paused")
            #expect(events.map { $0["reason"]?.stringValue } == ["the receiver did not answer in time"])
            let numbers = try await BrowserScene.metrics(of: scene.server)
            #expect(numbers[#"gatehouse_event_pushes_total{result="paused"}"#] == 1)
            // The notice is one more.
            #expect(receiver.requests.count == EventPushes.failureCountMax + 1)
            scene.server.clock.advance(by: EventPushes.retryIntervalMax)
            await scene.push()
            #expect(receiver.requests.count == EventPushes.failureCountMax + 1)
        }
    }

    @Test("another address, and a verification, are tried without waiting for the next attempt's time")
    func changed() async throws {
        let receiver = PushReceiver()
        receiver.script(Array(repeating: .success(OutboundResponse(status: 500)), count: 2))
        try await EventScene.run(pushingTo: receiver) { scene in
            let id = try await scene.pushedStream()
            let session = try await scene.endedSession()
            await scene.push()
            #expect(receiver.requests.count == 1)
            try await scene.verify(id)
            await scene.push()
            #expect(receiver.requests.count == 2)
            let delivery: JSONObject = ["method": "urn:ietf:rfc:8935", "endpoint_url": "https://new.example/events"]
            let patch: JSONObject = ["stream_id": .string(id), "delivery": .object(delivery)]
            _ = try await scene.send("PATCH", "/ssf/stream", patch)
            await scene.push()
            let requests = receiver.requests.dropFirst(2)
            #expect(requests.map(\.url) == Array(repeating: "https://new.example/events", count: 2))
            // Another place is not given what the earlier one wanted.
            #expect(requests.allSatisfy { $0.headerFields.allSatisfy { $0.name.lowercased() != "authorization" } })
            let last = try #require(try receiver.events().last)
            #expect(scene.session(of: last) == session)
        }
    }

    @Test("a store whose answer is lost delivers an event again, never not at all")
    func storeFailure() async throws {
        let receiver = PushReceiver()
        let network = Network()
        try await EventScene.run(environment: { environment in
            environment.documentTransport = receiver
            environment.maintainsOnTimer = false
            environment.keepStateBehind(network)
        }) { scene in
            _ = try await scene.pushedStream()
            let session = try await scene.endedSession()
            network.fail("acknowledge", .before)
            await scene.push()
            #expect(network.hasFailed)
            await scene.push()
            await scene.push()
            let found = try receiver.events().map { scene.session(of: $0) }
            #expect(found == [session, session])
        }
    }
}
