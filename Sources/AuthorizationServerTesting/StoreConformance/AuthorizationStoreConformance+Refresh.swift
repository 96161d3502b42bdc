import OAuthProtocol
import OAuthState
import OpenSSLCrypto

/// RFC 6749 §6, RFC 9700 §4.14.2, FD-1: refresh tokens in families and generations.
extension AuthorizationStoreConformance {
    static let refreshRules: [Rule] = [
        Rule("TK-8: a refresh moves the family to its next generation and prolongs it", refreshRotates),
        Rule("FD-1, D-27: 64 who race with one token all get the same generation", racersGetTheSameSuccessor),
        Rule("FD-1: within the grace the predecessor yields the same successor, and costs nothing", graceRepeats),
        Rule("FD-1, TK-9, D-26: after the grace the predecessor revokes the family", reuseAfterTheGrace),
        Rule("FD-1, D-28: a token two generations back revokes the family, also within the grace", twoGenerationsBack),
        Rule("FD-1: with a grace of zero the predecessor revokes at once", strictGrace),
        Rule("D-29: another client's use changes nothing, not even with an old token", wrongClient),
        Rule("TK-8, D-44: more scope or another resource is refused before anything rotates", exceededIsRefusedFirst),
        Rule("RI-1: a session that may not go on rotates nothing, and its old tokens are found out", withheld),
        Rule("TK-8: fewer scopes are accepted and the session keeps all of its own", narrowedScopes),
        Rule("S-08: a token newer than the state revokes the family, because it was never issued", neverIssued),
        Rule("FD-1, S-08: after a restore a token newer than the state moves it forward, once", newerThanTheState),
        Rule("FD-12: a client that does not rotate keeps its token", nonRotating),
        Rule("FD-12: refreshes without rotation do not stretch the grace of an older predecessor", graceIsNotStretched),
        Rule("TK-16: a rotation that is taken back leaves its token usable, and the successor too", rotationTakenBack),
        Rule("TK-9, TK-16: nothing is taken back of a session that went on or is over", rotationNotTakenBack),
        Rule("TK-9: an idle family dies at its idle expiry", idleExpiry),
        Rule("TK-9: a family dies at its absolute expiry, however often it is used", absoluteExpiry),
        Rule("TK-7: a token of no family is unknown", unknownFamily),
    ]

    static func refreshRotates(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        var settings = StoreSettings()
        settings.sessions.refreshTokenLifetime = .seconds(3600)
        let store = try await makeStore(settings)
        let session = try await openSession(in: store)
        var moment = StoreSample.now
        for generation in UInt32(1)...5 {
            moment = moment + .seconds(600)
            let outcome = try await store.rotate(StoreSample.use(generation: generation), now: moment).outcome
            var expected = session
            expected.generation = generation + 1
            expected.rotatedAt = moment
            expected.idleExpiry = moment + .seconds(3600)
            try requireEqual(outcome, .rotated(expected), "the refresh with generation \(generation)")
            try requireEqual(try await store.session(session.id, now: moment), expected, "the session that is kept")
        }
    }

    static func racersGetTheSameSuccessor(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let session = try await openSession(in: store)
        let outcomes = try await race { _ in
            try await store.rotate(StoreSample.use(generation: 1), now: StoreSample.now).outcome
        }
        let rotated = outcomes.count { if case .rotated(let it) = $0 { it.generation == 2 } else { false } }
        let repeated = outcomes.count { if case .repeated(let it) = $0 { it.generation == 2 } else { false } }
        try requireEqual(rotated, 1, "the number of rotations")
        try requireEqual(repeated, outcomes.count - 1, "the number of repetitions")
        let kept = try await store.session(session.id, now: StoreSample.now)
        try requireEqual(kept?.generation, 2, "the generation after the race")
        let successor = try await store.rotate(StoreSample.use(generation: 2), now: StoreSample.now).outcome
        guard case .rotated = successor else {
            throw Deviation(text: "the successor that all racers got came to \(successor)")
        }
    }

    static func graceRepeats(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(graceOf(.seconds(120)))
        let session = try await openSession(in: store)
        let rotated = try await store.rotate(StoreSample.use(generation: 1), now: StoreSample.now).outcome
        guard case .rotated(let current) = rotated else {
            throw Deviation(text: "the first refresh came to \(rotated)")
        }
        for milliseconds in [0, 60_000, 119_999] {
            let moment = StoreSample.now + .milliseconds(milliseconds)
            let outcome = try await store.rotate(StoreSample.use(generation: 1), now: moment).outcome
            try requireEqual(outcome, .repeated(current), "the predecessor after \(milliseconds) ms")
        }
        try requireEqual(
            try await store.session(session.id, now: StoreSample.now),
            current,
            "the session after repetitions"
        )
    }

    static func reuseAfterTheGrace(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(graceOf(.seconds(120)))
        let session = try await openSession(in: store)
        _ = try await store.rotate(StoreSample.use(generation: 1), now: StoreSample.now).outcome
        let moment = StoreSample.now + .seconds(120)
        try await requireRevoked(by: StoreSample.use(generation: 1), session, in: store, at: moment)
        let successor = try await store.rotate(StoreSample.use(generation: 2), now: moment).outcome
        try requireEqual(successor, .unknown, "the successor after the reuse of its predecessor")
    }

    static func twoGenerationsBack(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(graceOf(.seconds(120)))
        let session = try await openSession(in: store)
        _ = try await store.rotate(StoreSample.use(generation: 1), now: StoreSample.now).outcome
        _ = try await store.rotate(StoreSample.use(generation: 2), now: StoreSample.now).outcome
        try await requireRevoked(by: StoreSample.use(generation: 1), session, in: store, at: StoreSample.now)
    }

    static func strictGrace(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(graceOf(.zero))
        let session = try await openSession(in: store)
        _ = try await store.rotate(StoreSample.use(generation: 1), now: StoreSample.now).outcome
        try await requireRevoked(by: StoreSample.use(generation: 1), session, in: store, at: StoreSample.now)
    }

    static func wrongClient(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let session = try await openSession(in: store)
        _ = try await store.rotate(StoreSample.use(generation: 1), now: StoreSample.now).outcome
        _ = try await store.rotate(StoreSample.use(generation: 2), now: StoreSample.now).outcome
        let kept = try await store.session(session.id, now: StoreSample.now)
        for generation in UInt32(1)...4 {
            var use = StoreSample.use(generation: generation)
            use.clientID = "dcr_attacker"
            let outcome = try await store.rotate(use, now: StoreSample.now).outcome
            try requireEqual(outcome, .wrongClient, "another client's use of generation \(generation)")
        }
        try requireEqual(try await store.session(session.id, now: StoreSample.now), kept, "the session afterwards")
    }

    static func exceededIsRefusedFirst(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let session = try await openSession(in: store)
        let wider = StoreSample.scopes.union(ScopeSet(["admin"]))
        let scope = try await store.rotate(StoreSample.use(generation: 1, scopes: wider), now: StoreSample.now).outcome
        try requireEqual(scope, .scopeExceeded, "a refresh that asks for more scope")
        let elsewhere = StoreSample.use(generation: 1, resource: "https://other.example/mcp")
        let resource = try await store.rotate(elsewhere, now: StoreSample.now).outcome
        try requireEqual(resource, .resourceExceeded, "a refresh for another resource")
        try requireEqual(try await store.session(session.id, now: StoreSample.now), session, "the session afterwards")
        let use = StoreSample.use(generation: 1, scopes: session.scopes, resource: session.resource)
        let corrected = try await store.rotate(use, now: StoreSample.now).outcome
        guard case .rotated = corrected else { throw Deviation(text: "the corrected refresh came to \(corrected)") }
    }

    static func rotationTakenBack(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        for (grace, delay) in [(Duration.seconds(120), Duration.seconds(1000)), (.zero, .zero)] {
            for next in [UInt32(2), 3] {
                let store = try await makeStore(graceOf(grace))
                let session = try await openSession(in: store)
                _ = try await store.rotate(StoreSample.use(generation: 1), now: StoreSample.now).outcome
                await (try await store.rotate(StoreSample.use(generation: 2), now: StoreSample.now)).failAnswering()
                let later = StoreSample.now + delay
                let again = try await store.rotate(StoreSample.use(generation: next), now: later).outcome
                guard case .rotated(let after) = again, after.generation == next + 1 else {
                    throw Deviation(text: "generation \(next) after generation 2 was taken back came to \(again)")
                }
                // What is older than the token that was taken back stays as used as it was.
                try await requireRevoked(by: StoreSample.use(generation: 1), session, in: store, at: later)
            }
        }
    }

    static func rotationNotTakenBack(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let session = try await openSession(in: store)
        let first = try await store.rotate(StoreSample.use(generation: 1), now: StoreSample.now)
        let second = try await store.rotate(StoreSample.use(generation: 2), now: StoreSample.now)
        let kept = try await store.session(session.id, now: StoreSample.now)
        await first.failAnswering()
        try requireEqual(try await store.session(session.id, now: StoreSample.now), kept, "a session that went on")
        _ = try await store.revoke(session.id).outcome
        await second.failAnswering()
        try requireEqual(try await store.session(session.id, now: StoreSample.now), nil, "a session that is over")
    }

    static func withheld(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let session = try await openSession(in: store)
        let unregistered = RefreshConditions(neededUpstreams: ["https://other.example/mcp": []])
        func rotate(_ use: RefreshTokenUse) async throws -> RotationOutcome {
            try await store.rotate(use, under: unregistered, now: StoreSample.now).outcome
        }
        for _ in 0..<2 {
            let outcome = try await rotate(StoreSample.use(generation: 1))
            try requireEqual(outcome, .resourceNotRegistered, "a refresh of a session that may not go on")
        }
        try requireEqual(try await store.session(session.id, now: StoreSample.now), session, "the session afterwards")
        let wider = StoreSample.use(generation: 1, scopes: StoreSample.scopes.union(ScopeSet(["admin"])))
        try requireEqual(try await rotate(wider), .resourceNotRegistered, "the same with more scope")
        var foreign = StoreSample.use(generation: 1)
        foreign.clientID = "dcr_attacker"
        try requireEqual(try await rotate(foreign), .wrongClient, "another client's use of it")
        try await withheldFromFleet(store)
        for generation in UInt32(1)...2 {
            _ = try await store.rotate(StoreSample.use(generation: generation), now: StoreSample.now).outcome
        }
        let reuse = try await rotate(StoreSample.use(generation: 1))
        guard case .reused = reuse else { throw Deviation(text: "an old token of it came to \(reuse)") }
    }

    static func narrowedScopes(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let session = try await openSession(in: store)
        let narrow = StoreSample.use(generation: 1, scopes: ScopeSet(["mcp:read"]))
        let outcome = try await store.rotate(narrow, now: StoreSample.now).outcome
        guard case .rotated(let rotated) = outcome else {
            throw Deviation(text: "a narrower refresh came to \(outcome)")
        }
        try requireEqual(rotated.scopes, session.scopes, "the scopes of the session")
    }

    static func neverIssued(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        for generation in [UInt32(2), 9, .max] {
            let store = try await makeStore(StoreSettings())
            let session = try await openSession(in: store)
            try await requireRevoked(
                by: StoreSample.use(generation: generation),
                session,
                in: store,
                at: StoreSample.now
            )
        }
    }

    static func newerThanTheState(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        var settings = StoreSettings()
        settings.sessions.possiblyBehindSince = StoreSample.now + .seconds(10)
        for next in [UInt32(11), 1] {
            let store = try await makeStore(settings)
            let session = try await openSession(in: store)
            let later = StoreSample.now + .seconds(20)
            let outcome = try await store.rotate(StoreSample.use(generation: 9), now: later).outcome
            guard case .caughtUp(let advanced) = outcome else {
                throw Deviation(text: "a newer token came to \(outcome)")
            }
            try requireEqual(advanced.generation, 10, "the generation after a token of generation 9")
            let repeated = try await store.rotate(StoreSample.use(generation: 9), now: later).outcome
            try requireEqual(repeated, .repeated(advanced), "the newer token once more")
            // Neither a second leap nor the token of the backup.
            try await requireRevoked(by: StoreSample.use(generation: next), session, in: store, at: later)
        }
        let store = try await makeStore(settings)
        let session = try await openSession(in: store)
        let later = StoreSample.now + .seconds(20)
        _ = try await store.rotate(StoreSample.use(generation: 1), now: later).outcome
        try await requireRevoked(by: StoreSample.use(generation: 9), session, in: store, at: later)
    }

    static func nonRotating(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        var settings = StoreSettings()
        settings.sessions.refreshTokenLifetime = .seconds(3600)
        let store = try await makeStore(settings)
        _ = try await openSession(in: store)
        for step in 1...4 {
            let moment = StoreSample.now + .seconds(step * 1800)
            let outcome = try await store.rotate(StoreSample.use(generation: 1, rotates: false), now: moment).outcome
            guard case .rotated(let session) = outcome else {
                throw Deviation(text: "refresh \(step) without rotation came to \(outcome)")
            }
            try requireEqual(session.generation, 1, "the generation without rotation")
            try requireEqual(session.idleExpiry, moment + .seconds(3600), "the idle expiry without rotation")
        }
    }

    static func graceIsNotStretched(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(graceOf(.seconds(120)))
        let session = try await openSession(in: store)
        _ = try await store.rotate(StoreSample.use(generation: 1), now: StoreSample.now).outcome
        let moment = StoreSample.now + .seconds(200)
        let outcome = try await store.rotate(StoreSample.use(generation: 2, rotates: false), now: moment).outcome
        guard case .rotated = outcome else { throw Deviation(text: "a refresh without rotation came to \(outcome)") }
        let later = moment + .seconds(1)
        try await requireRevoked(by: StoreSample.use(generation: 1), session, in: store, at: later)
    }

    static func idleExpiry(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        var settings = StoreSettings()
        settings.sessions.refreshTokenLifetime = .seconds(3600)
        for (milliseconds, lives) in [(3_599_999, true), (3_600_000, false)] {
            let store = try await makeStore(settings)
            let session = try await openSession(in: store)
            let moment = StoreSample.now + .milliseconds(milliseconds)
            try requireEqual(
                try await store.session(session.id, now: moment) != nil,
                lives,
                "life after \(milliseconds) ms"
            )
            let outcome = try await store.rotate(StoreSample.use(generation: 1), now: moment).outcome
            try requireEqual(outcome == .expired, !lives, "expiry of a refresh after \(milliseconds) ms")
        }
    }

    static func absoluteExpiry(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        var settings = StoreSettings()
        settings.sessions.refreshTokenLifetime = .seconds(3600)
        settings.sessions.sessionLifetime = .seconds(7200)
        let store = try await makeStore(settings)
        let session = try await openSession(in: store)
        for generation in UInt32(1)...3 {
            let moment = StoreSample.now + .seconds(Int64(generation) * 2399)
            let outcome = try await store.rotate(StoreSample.use(generation: generation), now: moment).outcome
            guard case .rotated = outcome else { throw Deviation(text: "a refresh in time came to \(outcome)") }
        }
        let end = StoreSample.now + .seconds(7200)
        let last = try await store.session(session.id, now: end - .milliseconds(1))
        try require(last != nil, "the session ended before its absolute expiry")
        let late = try await store.rotate(StoreSample.use(generation: 4), now: end).outcome
        try requireEqual(late, .expired, "a refresh at the absolute expiry")
    }

    static func unknownFamily(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        _ = try await openSession(1, in: store)
        let outcome = try await store.rotate(StoreSample.use(2, generation: 1), now: StoreSample.now).outcome
        try requireEqual(outcome, .unknown, "a token of no family")
    }

    // MARK: - Steps

    private static func graceOf(_ grace: Duration) -> StoreSettings {
        var settings = StoreSettings()
        settings.sessions.refreshReuseGrace = grace
        return settings
    }

    private static func requireRevoked(
        by use: RefreshTokenUse,
        _ session: Session,
        in store: any AuthorizationStore,
        at moment: Timestamp
    ) async throws {
        let outcome = try await store.rotate(use, now: moment).outcome
        guard case .reused(let revoked) = outcome else {
            throw Deviation(text: "the reuse of generation \(use.generation) came to \(outcome)")
        }
        try requireEqual(revoked.id, session.id, "the family that was revoked")
        try require(
            try await store.session(session.id, now: moment) == nil,
            "the session outlived the reuse of its token"
        )
    }
}
