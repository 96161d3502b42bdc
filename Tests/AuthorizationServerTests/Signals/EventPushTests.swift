import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OutboundHTTP
import ServerConfiguration
import Testing

/// RFC 8935: events that are pushed.
@Suite("Shared Signals: pushed events")
struct EventPushTests {
    @Test("§2: an event is the body of a POST with what the receiver wants sent along, and 202 ends it")
    func delivered() async throws {
        let receiver = PushReceiver()
        try await EventScene.run(pushingTo: receiver) { scene in
            let id = try await scene.pushedStream()
            let session = try await scene.endedSession()
            await scene.push()
            await scene.push()
            let requests = receiver.requests
            #expect(requests.count == 1)
            let request = try #require(requests.first)
            #expect(request.method == "POST")
            #expect(request.url == EventScene.receiverURL)
            #expect(request.maximumRedirects == 0)
            let fields = request.headerFields.map { "\($0.name.lowercased()): \($0.value)" }
            #expect(
                fields == [
                    "content-type: application/secevent+jwt", "accept: application/json",
                    "authorization: Bearer of-the-receiver",
                ]
            )
            let event = try #require(try receiver.events().first)
            #expect(scene.session(of: event) == session)
            #expect(event["aud"]?.stringValue == TestServer.resourceServer.id)
            #expect(event["jti"]?.stringValue?.hasPrefix(id) == true)
            let numbers = try await BrowserScene.metrics(of: scene.server)
            #expect(numbers[#"gatehouse_event_pushes_total{result="delivered"}"#] == 1)
        }
    }

    @Test("SSF §8.1.1: the stream says how it is delivered, never what is sent along; its events are not polled")
    func configuration() async throws {
        let receiver = PushReceiver()
        try await EventScene.run(pushingTo: receiver) { scene in
            let id = try await scene.pushedStream()
            let read = try await scene.send("GET", "/ssf/stream?stream_id=\(id)")
            #expect(
                read.json["delivery"] == [
                    "method": "urn:ietf:rfc:8935", "endpoint_url": .string(EventScene.receiverURL),
                ]
            )
            #expect(!read.body.contains("of-the-receiver"))
            #expect(read.json["inactivity_timeout"] == nil)
            let polled = try await scene.poll(id)
            #expect(polled.isError(400, "invalid_request"))
            // A change without the member keeps the way of delivery, a replacement without it polls.
            let patch: JSONObject = ["stream_id": .string(id), "description": "d"]
            let changed = try await scene.send("PATCH", "/ssf/stream", patch)
            #expect(changed.json["delivery"]?.objectValue?["method"] == "urn:ietf:rfc:8935")
            let session = try await scene.endedSession()
            let replaced = try await scene.send("PUT", "/ssf/stream", ["stream_id": .string(id)])
            #expect(replaced.json["delivery"]?.objectValue?["method"] == "urn:ietf:rfc:8936")
            await scene.push()
            // What was pushed before the replacement is not polled again, and nothing is lost.
            let pushed = try receiver.events().map { scene.session(of: $0) }
            let left = try await scene.endedSessions(id)
            #expect(pushed + left == [session])
        }
    }

    @Test("one request at a time, in order, and what was not taken is sent again later")
    func order() async throws {
        let receiver = PushReceiver()
        receiver.script([.success(OutboundResponse(status: 503))])
        try await EventScene.run(pushingTo: receiver) { scene in
            _ = try await scene.pushedStream()
            var sessions: [String] = []
            for _ in 0..<3 { sessions.append(try await scene.endedSession()) }
            await scene.push()
            // The second attempt has its time.
            #expect(receiver.requests.count == 1)
            scene.server.clock.advance(by: .seconds(1))
            await scene.push()
            let found = try receiver.events().map { scene.session(of: $0) }
            #expect(found == [sessions[0]] + sessions)
            #expect(receiver.inFlightMax == 1)
        }
    }

    @Test("SSF §8.1.4: a verification is pushed with its state, once")
    func verification() async throws {
        let receiver = PushReceiver()
        try await EventScene.run(pushingTo: receiver) { scene in
            let id = try await scene.pushedStream()
            try await scene.verify(id)
            await scene.push()
            await scene.push()
            let events = try receiver.events()
            #expect(events.map { $0["events"] } == [.object([EventScene.verification: ["state": "s"]])])
        }
    }

    @Test("SSF §8.1.2: a paused stream keeps what ends, a disabled one does not")
    func status() async throws {
        let receiver = PushReceiver()
        try await EventScene.run(pushingTo: receiver) { scene in
            let id = try await scene.pushedStream()
            var kept: [String] = []
            for status in ["paused", "disabled"] {
                let body: JSONObject = ["stream_id": .string(id), "status": .string(status)]
                _ = try await scene.send("POST", "/ssf/status", body)
                let session = try await scene.endedSession()
                if status == "paused" { kept.append(session) }
                await scene.push()
                let before = receiver.requests.count
                #expect(before == (status == "paused" ? 0 : 1))
                _ = try await scene.send("POST", "/ssf/status", ["stream_id": .string(id), "status": "enabled"])
                await scene.push()
            }
            let found = try receiver.events().map { scene.session(of: $0) }
            #expect(found == kept)
        }
    }

    @Test("a stream that is pushed is in use: it outlives the bound of unused ones, and one that is dropped is silent")
    func life() async throws {
        let receiver = PushReceiver()
        try await EventScene.run(pushingTo: receiver) { scene in
            let id = try await scene.pushedStream()
            // A client that is never used is dropped after a day.
            _ = try await scene.login()
            for _ in 0..<5 {
                scene.server.clock.advance(by: .seconds(12 * 3600))
                await scene.push()
            }
            try await scene.verify(id)
            await scene.push()
            #expect(receiver.requests.count == 1)
            _ = try await scene.send("DELETE", "/ssf/stream?stream_id=\(id)")
            _ = try await scene.endedSession()
            await scene.push()
            #expect(receiver.requests.count == 1)
        }
    }

    @Test("100 receivers learn of an end, each once")
    func receivers() async throws {
        let receiver = PushReceiver()
        try await EventScene.run(pushingTo: receiver) { scene in
            for _ in 0..<100 { _ = try await scene.pushedStream() }
            let session = try await scene.endedSession()
            // So many at once as one receiver may have.
            for _ in 0..<10 { await scene.push() }
            let found = try receiver.events()
            #expect(found.map { scene.session(of: $0) } == Array(repeating: session, count: 100))
            #expect(Set(try receiver.identifiers()).count == 100)
            #expect(receiver.inFlightMax <= 16)
        }
    }
}
