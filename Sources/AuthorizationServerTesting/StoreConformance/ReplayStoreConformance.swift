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
        Rule("TK-16: a use that is taken back leaves its id, and its owner's share, as they were", takenBack),
        Rule("CA-2: at the bound a new id is refused, never accepted, and known ones stay known", bound),
        Rule("D-80: an owner that has used up its share is refused, and no other", share),
        Rule("D-80: clients that registered themselves leave room for those that the operator configured", strangers),
        Rule("CA-2: room comes back within minutes of an expiry", room),
    ]

    static func consumedOnce(_ makeStore: StoreFactory<any ReplayStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let expiry = StoreSample.now + .seconds(600)
        let id = StoreSample.digest("jti 1")
        let first = try await store.consume(id, of: StoreSample.assertionOwner, expiry: expiry, now: StoreSample.now)
            .outcome
        try requireEqual(first, .consumed, "the first use")
        for milliseconds in [0, 1, 300_000, 599_999] {
            let replay = try await store.consume(
                id,
                of: StoreSample.assertionOwner,
                expiry: expiry,
                now: StoreSample.now + .milliseconds(milliseconds)
            ).outcome
            try requireEqual(replay, .replayed, "a use after \(milliseconds) ms")
        }
        // A later expiry does not make another id of it.
        let prolonged = try await store.consume(
            id,
            of: StoreSample.assertionOwner,
            expiry: expiry + .seconds(600),
            now: StoreSample.now
        ).outcome
        try requireEqual(prolonged, .replayed, "a use with a later expiry")
        let other = try await store.consume(
            StoreSample.digest("jti 2"),
            of: StoreSample.assertionOwner,
            expiry: expiry,
            now: StoreSample.now
        ).outcome
        try requireEqual(other, .consumed, "another id")
    }

    static func racers(_ makeStore: StoreFactory<any ReplayStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let id = StoreSample.digest("jti")
        let outcomes = try await race { _ in
            try await store.consume(
                id,
                of: StoreSample.assertionOwner,
                expiry: StoreSample.now + .seconds(600),
                now: StoreSample.now
            ).outcome
        }
        try requireEqual(outcomes.count { $0 == .consumed }, 1, "the number of accepted uses")
        try requireEqual(outcomes.count { $0 == .replayed }, outcomes.count - 1, "the number of replays")
    }

    static func takenBack(_ makeStore: StoreFactory<any ReplayStore>) async throws {
        var settings = StoreSettings()
        settings.limits.consumedAssertionsPerOwnerMax = 1
        let store = try await makeStore(settings)
        let owner = AssertionOwner(id: StoreSample.digest("owner"), isSelfRegistered: false)
        func consume(_ label: String) async throws -> Receipt<AssertionConsumption> {
            let expiry = StoreSample.now + .seconds(600)
            return try await store.consume(StoreSample.digest(label), of: owner, expiry: expiry, now: StoreSample.now)
        }
        for _ in 0..<2 {
            let use = try await consume("1")
            try requireEqual(try await use.outcome, .consumed, "the use")
            let replay = try await consume("1")
            try requireEqual(try await replay.outcome, .replayed, "a replay")
            await replay.failAnswering()
            try requireEqual(try await consume("1").outcome, .replayed, "the use after its replay was taken back")
            for _ in 0..<2 { await use.failAnswering() }
        }
        try requireEqual(try await consume("2").outcome, .consumed, "another id in the same share")
        try requireEqual(try await consume("1").outcome, .full, "an id beyond the share")
    }

    static func bound(_ makeStore: StoreFactory<any ReplayStore>) async throws {
        var settings = StoreSettings()
        settings.limits.consumedAssertionsMax = 2
        let store = try await makeStore(settings)
        func consume(_ label: String, at moment: Timestamp) async throws -> AssertionConsumption {
            try await store.consume(
                StoreSample.digest(label),
                of: StoreSample.assertionOwner,
                expiry: moment + .seconds(600),
                now: moment
            ).outcome
        }
        try requireEqual(await consume("1", at: StoreSample.now), .consumed, "the first id")
        try requireEqual(await consume("2", at: StoreSample.now), .consumed, "the second id")
        try requireEqual(await consume("3", at: StoreSample.now), .full, "a third id at a bound of two")
        try requireEqual(await consume("3", at: StoreSample.now), .full, "the same once more")
        try requireEqual(await consume("1", at: StoreSample.now), .replayed, "a known id at the bound")
        try requireEqual(
            await consume("4", at: StoreSample.now + .seconds(7200)),
            .consumed,
            "an id when others expired"
        )
    }

    private static func consume(
        _ label: String,
        of owner: AssertionOwner,
        at moment: Timestamp = StoreSample.now,
        in store: any ReplayStore
    ) async throws -> AssertionConsumption {
        let id = StoreSample.digest(label)
        return try await store.consume(id, of: owner, expiry: moment + .seconds(600), now: moment).outcome
    }

    static func share(_ makeStore: StoreFactory<any ReplayStore>) async throws {
        for isSelfRegistered in [true, false] {
            var settings = StoreSettings()
            settings.limits.consumedAssertionsPerOwnerMax = isSelfRegistered ? 9 : 2
            settings.limits.consumedAssertionsPerSelfRegisteredMax = isSelfRegistered ? 2 : 0
            let store = try await makeStore(settings)
            let greedy = AssertionOwner(id: StoreSample.digest("greedy"), isSelfRegistered: isSelfRegistered)
            let other = AssertionOwner(id: StoreSample.digest("other"), isSelfRegistered: isSelfRegistered)
            for label in ["1", "2"] {
                try requireEqual(await consume(label, of: greedy, in: store), .consumed, "an id within the share")
            }
            try requireEqual(await consume("3", of: greedy, in: store), .full, "an id beyond the share")
            try requireEqual(await consume("1", of: greedy, in: store), .replayed, "a known id")
            try requireEqual(await consume("3", of: other, in: store), .consumed, "another owner's id")
        }
    }

    static func strangers(_ makeStore: StoreFactory<any ReplayStore>) async throws {
        var settings = StoreSettings()
        settings.limits.consumedAssertionsMax = 4
        settings.limits.consumedAssertionsOfSelfRegisteredMax = 3
        let store = try await makeStore(settings)
        func stranger(_ number: Int) -> AssertionOwner {
            AssertionOwner(id: StoreSample.digest("stranger \(number)"), isSelfRegistered: true)
        }
        let configured = AssertionOwner(id: StoreSample.digest("configured"), isSelfRegistered: false)
        for number in 1...3 {
            let outcome = try await consume("\(number)", of: stranger(number), in: store)
            try requireEqual(outcome, .consumed, "an id within the strangers' share")
        }
        try requireEqual(await consume("4", of: stranger(4), in: store), .full, "one beyond it")
        try requireEqual(await consume("5", of: configured, in: store), .consumed, "a configured client's id")
        try requireEqual(await consume("6", of: configured, in: store), .full, "one beyond the whole table")
    }

    static func room(_ makeStore: StoreFactory<any ReplayStore>) async throws {
        var settings = StoreSettings()
        settings.limits.consumedAssertionsPerSelfRegisteredMax = 20
        let store = try await makeStore(settings)
        let owner = StoreSample.assertionOwner
        for number in 0..<20 { _ = try await consume("\(number)", of: owner, in: store) }
        let before = try await consume("x", of: owner, at: StoreSample.now + .seconds(599), in: store)
        try requireEqual(before, .full, "an id before the others expire")
        // An owner waits for his own room no longer than a minute, however many expired at once.
        for number in 20..<40 {
            let outcome = try await consume("\(number)", of: owner, at: StoreSample.now + .seconds(660), in: store)
            try requireEqual(outcome, .consumed, "an id a minute after the others expired")
        }
    }
}
