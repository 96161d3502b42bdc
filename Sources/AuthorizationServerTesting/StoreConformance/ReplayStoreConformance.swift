import OAuthProtocol
package import OAuthState

/// What every `ReplayStore` must do: RFC 7523 §3, D-40.
package enum ReplayStoreConformance {
    /// A rule about a store of consumed assertion ids.
    package typealias Rule = ConformanceRule<any ReplayStore>

    /// Every rule.
    package static let rules: [Rule] = [
        Rule("D-40, CA-2: an id is consumed once, until it expires", consumedOnce),
        Rule("D-40: of 64 who race with one id, one consumes it", racers),
        Rule("CA-2: at the bound a new id is refused, never accepted, and known ones stay known", bound),
    ]

    static func consumedOnce(_ makeStore: StoreFactory<any ReplayStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let expiry = StoreSample.now + .seconds(600)
        let id = StoreSample.digest("jti 1")
        let first = await store.consume(id, expiry: expiry, now: StoreSample.now)
        try requireEqual(first.outcome, .consumed, "the first use")
        for milliseconds in [0, 1, 300_000, 599_999] {
            let replay = await store.consume(id, expiry: expiry, now: StoreSample.now + .milliseconds(milliseconds))
            try requireEqual(replay.outcome, .replayed, "a use after \(milliseconds) ms")
            try require(replay.position >= first.position, "a replay may be answered before its cause is durable")
        }
        // A later expiry does not make another id of it.
        let prolonged = await store.consume(id, expiry: expiry + .seconds(600), now: StoreSample.now).outcome
        try requireEqual(prolonged, .replayed, "a use with a later expiry")
        let other = await store.consume(StoreSample.digest("jti 2"), expiry: expiry, now: StoreSample.now).outcome
        try requireEqual(other, .consumed, "another id")
    }

    static func racers(_ makeStore: StoreFactory<any ReplayStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let id = StoreSample.digest("jti")
        let outcomes = await race { _ in
            await store.consume(id, expiry: StoreSample.now + .seconds(600), now: StoreSample.now).outcome
        }
        try requireEqual(outcomes.count { $0 == .consumed }, 1, "the number of accepted uses")
        try requireEqual(outcomes.count { $0 == .replayed }, outcomes.count - 1, "the number of replays")
    }

    static func bound(_ makeStore: StoreFactory<any ReplayStore>) async throws {
        var settings = StoreSettings()
        settings.limits.consumedAssertionsMax = 2
        let store = try await makeStore(settings)
        func consume(_ label: String, at moment: Timestamp) async -> AssertionConsumption {
            await store.consume(StoreSample.digest(label), expiry: moment + .seconds(600), now: moment).outcome
        }
        try requireEqual(await consume("1", at: StoreSample.now), .consumed, "the first id")
        try requireEqual(await consume("2", at: StoreSample.now), .consumed, "the second id")
        try requireEqual(await consume("3", at: StoreSample.now), .full, "a third id at a bound of two")
        try requireEqual(await consume("3", at: StoreSample.now), .full, "the same once more")
        try requireEqual(await consume("1", at: StoreSample.now), .replayed, "a known id at the bound")
        // Two hours later everything has expired, and stores may take an hour to notice.
        try requireEqual(
            await consume("4", at: StoreSample.now + .seconds(7200)),
            .consumed,
            "an id when others expired"
        )
    }
}
