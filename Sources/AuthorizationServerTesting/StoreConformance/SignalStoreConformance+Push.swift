import OAuthProtocol
import OAuthState

extension SignalStoreConformance {
    static let pushRules: [Rule] = [
        Rule("RFC 8935: a stream is pushed by one process at a time, until it gives no sign of life", pushLeases),
        Rule("RFC 8935: only streams that are enabled and pushed are taken, as many as were asked for", pushedStreams),
        Rule("RFC 8935: a stream is paused only as it was when its pushing failed", pauses),
        Rule("ST-5: a stream that is pushed is in use", pushedUse),
    ]

    private static let push = EventPush(endpoint: "https://receiver.example/e", sealedAuthorization: "sealed")

    private static func stream(_ number: UInt64, _ push: EventPush? = push) -> EventStream {
        var stream = EventStream(
            id: EventStreamID(value: Bits128(number)),
            clientID: "mcp-server",
            usedAt: StoreSample.now
        )
        stream.push = push
        return stream
    }

    private static func holder(_ seed: UInt64) -> LeaseHolder { LeaseHolder(random: SeededRandomSource(seed: seed)) }

    private static func taken(
        _ store: any EventStreamStore,
        by holder: LeaseHolder,
        now: Timestamp = StoreSample.now,
        limit: Int = 10
    ) async throws -> [Bits128] {
        try await store.takePushed(by: holder, now: now, limit: limit).map(\.id.value).sorted()
    }

    static func pushLeases(_ makeStores: StoreFactory<SignalStores>) async throws {
        let store = try await makeStores(settings()).signals.streams
        let (one, other) = (holder(1), holder(2))
        try await store.add(stream(1), now: StoreSample.now).outcome
        try requireEqual(try await taken(store, by: one), [1], "what the first process takes")
        try requireEqual(try await taken(store, by: other), [], "what another one takes")
        try await store.add(stream(2), now: StoreSample.now).outcome
        try requireEqual(try await taken(store, by: other), [2], "what no process has")
        let almost = StoreSample.now + EventPush.leaseLifetime - .milliseconds(1)
        try requireEqual(try await taken(store, by: one, now: almost), [1], "what it has, again")
        let later = almost + EventPush.leaseLifetime - .milliseconds(1)
        try requireEqual(try await taken(store, by: other, now: later), [2], "the other's own")
        let end = almost + EventPush.leaseLifetime
        try requireEqual(try await taken(store, by: other, now: end), [1, 2], "what the first has left")
        try requireEqual(try await taken(store, by: one, now: end), [], "what is left for the first")
    }

    static func pushedStreams(_ makeStores: StoreFactory<SignalStores>) async throws {
        let store = try await makeStores(settings()).signals.streams
        var paused = stream(3)
        paused.status = .paused
        for stream in [stream(1), stream(2, nil), paused, stream(4), stream(5)] {
            try await store.add(stream, now: StoreSample.now).outcome
        }
        let one = holder(1)
        let first = try await store.takePushed(by: one, now: StoreSample.now, limit: 2)
        try requireEqual(first.map(\.id.value).sorted(), [1, 4], "the first two")
        try requireEqual(first.first { $0.id.value == 1 }, stream(1), "the stream")
        try requireEqual(try await taken(store, by: one, limit: 2), [1, 4], "the same again, before others")
        try requireEqual(try await taken(store, by: holder(2)), [5], "the rest")
        // One that is polled from now on is taken by none, and one that is enabled again is taken.
        _ = try await store.update(stream(1, nil)).outcome
        paused.status = .enabled
        _ = try await store.update(paused).outcome
        _ = try await store.remove(EventStreamID(value: 4), of: "mcp-server").outcome
        try requireEqual(try await taken(store, by: one), [3], "after changes")
    }

    static func pauses(_ makeStores: StoreFactory<SignalStores>) async throws {
        let store = try await makeStores(settings()).signals.streams
        let own = stream(1)
        try await store.add(own, now: StoreSample.now).outcome
        _ = try await store.acknowledge(StreamAcknowledgement(position: 5), of: own.id, now: StoreSample.now).outcome
        let changed = stream(1, EventPush(endpoint: "https://new.example/e", sealedAuthorization: nil))
        _ = try await store.update(changed).outcome
        try requireEqual(try await store.pausePushed(own, reason: "old").outcome, false, "the pause of another address")
        try requireEqual(try await store.pausePushed(changed, reason: "why").outcome, true, "a pause")
        let found = try await store.stream(own.id, of: own.clientID)
        try requireEqual(found?.status, .paused, "the status")
        try requireEqual(found?.reason, "why", "the reason")
        try requireEqual(found?.position, 5, "the position")
        try requireEqual(found?.push, changed.push, "the address")
        try requireEqual(try await store.pausePushed(changed, reason: "again").outcome, false, "a second pause")
        try requireEqual(try await store.pausePushed(stream(9), reason: "x").outcome, false, "the pause of nothing")
        try requireEqual(try await taken(store, by: holder(1)), [], "what is pushed while it is paused")
    }

    static func pushedUse(_ makeStores: StoreFactory<SignalStores>) async throws {
        let store = try await makeStores(settings()).signals.streams
        try await store.add(stream(1), now: StoreSample.now).outcome
        for hours in [Int64(0), 1, 40] {
            let now = StoreSample.now + .seconds(hours * 3600)
            let found = try await store.takePushed(by: holder(1), now: now, limit: 10)
            try requireEqual(found.map(\.usedAt), [now], "the time of use after \(hours) hours")
        }
    }
}
