import OAuthProtocol
import OAuthState

extension SignalStoreConformance {
    static let streamRules: [Rule] = [
        Rule("SSF 1.0: a stream is its receiver's own: found, changed and dropped by no other", ownStreams),
        Rule("RFC 8936: what was acknowledged stays so, and a position never goes back", positions),
        Rule("SSF 1.0: a verification is due until it is acknowledged", verifications),
        Rule("ST-5: at the bound of a receiver's streams the one that was unused longest is dropped", streamBound),
    ]

    private static func stream(
        _ number: UInt64,
        of clientID: String = "mcp-server",
        usedAt: Timestamp = StoreSample.now
    ) -> EventStream {
        EventStream(id: EventStreamID(value: Bits128(number)), clientID: clientID, usedAt: usedAt)
    }

    static func ownStreams(_ makeStores: StoreFactory<SignalStores>) async throws {
        let store = try await makeStores(settings()).signals.streams
        var own = stream(1)
        own.summary = "the first"
        own.requestedEvents = ["a"]
        try await store.add(own, now: StoreSample.now).outcome
        try await store.add(stream(2, of: "other"), now: StoreSample.now).outcome
        try requireEqual(try await store.stream(own.id, of: "mcp-server"), own, "the stream")
        try requireEqual(try await store.stream(own.id, of: "other"), nil, "the stream as another receiver sees it")
        try requireEqual(try await store.streams(of: "mcp-server"), [own], "the receiver's streams")
        own.status = .paused
        own.reason = "maintenance"
        try requireEqual(try await store.update(own).outcome, true, "a change")
        try requireEqual(try await store.stream(own.id, of: "mcp-server"), own, "the changed stream")
        try requireEqual(try await store.update(stream(1, of: "other")).outcome, false, "another receiver's change")
        try requireEqual(try await store.update(stream(9)).outcome, false, "a change of nothing")
        try requireEqual(try await store.remove(own.id, of: "other").outcome, false, "another receiver's removal")
        try requireEqual(try await store.remove(own.id, of: "mcp-server").outcome, true, "a removal")
        try requireEqual(try await store.remove(own.id, of: "mcp-server").outcome, false, "a second removal")
        try requireEqual(try await store.streams(of: "mcp-server"), [], "what is left")
    }

    static func positions(_ makeStores: StoreFactory<SignalStores>) async throws {
        let store = try await makeStores(settings()).signals.streams
        var own = stream(1)
        try await store.add(own, now: StoreSample.now).outcome
        let later = StoreSample.now + .seconds(10)
        for (position, expected) in [(UInt64(5), UInt64(5)), (3, 5), (8, 8)] {
            let known = StreamAcknowledgement(position: position)
            try requireEqual(try await store.acknowledge(known, of: own.id, now: later).outcome, true, "a stream")
            try requireEqual(try await store.stream(own.id, of: own.clientID)?.position, expected, "the position")
        }
        // A receiver's change of the stream does not touch the position.
        own.summary = "changed"
        _ = try await store.update(own).outcome
        let changed = try await store.stream(own.id, of: own.clientID)
        try requireEqual(changed?.position, 8, "the position after a change")
        try requireEqual(changed?.summary, "changed", "the description")
        let gone = EventStreamID(value: 9)
        let answer = try await store.acknowledge(StreamAcknowledgement(position: 1), of: gone, now: later).outcome
        try requireEqual(answer, false, "an acknowledgement of a stream that is gone")
    }

    static func verifications(_ makeStores: StoreFactory<SignalStores>) async throws {
        let store = try await makeStores(settings()).signals.streams
        var own = stream(1)
        own.verification = EventStream.Verification(number: 7, state: "state", requestedAt: StoreSample.now)
        try await store.add(own, now: StoreSample.now).outcome
        for (number, isDue) in [(UInt64(6), true), (7, false)] {
            let known = StreamAcknowledgement(verification: number)
            _ = try await store.acknowledge(known, of: own.id, now: StoreSample.now).outcome
            let found = try await store.stream(own.id, of: own.clientID)
            try requireEqual(found?.verification, isDue ? own.verification : nil, "the verification after \(number)")
        }
    }

    static func streamBound(_ makeStores: StoreFactory<SignalStores>) async throws {
        let stores = try await makeStores(settings { $0.limits.eventStreamsPerReceiverMax = 2 })
        let store = stores.signals.streams
        for number in UInt64(1)...3 {
            let moment = StoreSample.now + .seconds(number == 1 ? 100 : Int64(number))
            try await store.add(stream(number, usedAt: moment), now: moment).outcome
        }
        try await store.add(stream(9, of: "other"), now: StoreSample.now).outcome
        let left = try await store.streams(of: "mcp-server").map(\.id.value)
        try requireEqual(left, [Bits128(1), Bits128(3)], "the streams that are left")
        try requireEqual(try await store.streams(of: "other").count, 1, "another receiver's streams")
    }
}
