import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Testing

/// Random lives of codes and sessions against a naive model; what the journal has of them is what was there.
@Suite("AuthorizationSessions: against a model")
struct SessionModelTests {
    private static let policy = SessionPolicy(
        refreshTokenLifetime: .seconds(7200),
        sessionLifetime: .seconds(6 * 3600),
        accessTokenLifetime: .seconds(900),
        refreshReuseGrace: .seconds(120),
        authorizationCodeLifetime: .seconds(60)
    )

    /// One life: the store, the model and the randomness that drives both.
    private struct Run {
        let store: AuthorizationSessions
        let journal = RecordingJournal()
        var model = SessionModel(policy: SessionModelTests.policy)
        var random: SeededRandom
        var now = StoreSample.now
        var codeCount = 0

        init(seed: UInt64) {
            store = AuthorizationSessions(policy: SessionModelTests.policy, journal: journal)
            random = SeededRandom(seed: seed)
        }

        mutating func step() async throws {
            switch random.below(100) {
            case 0..<15: try await issue()
            case 15..<45: try await redeem()
            case 45..<80: try await rotate()
            case 80..<84: try await revoke()
            case 84..<87: try await consent()
            case 87..<90: await sweep()
            default: now = now + .milliseconds(random.below(random.chance(10) ? 4_000_000 : 40_000))
            }
            await compareOneSession()
        }

        private mutating func issue() async throws {
            codeCount += 1
            let code = "code \(codeCount)"
            let number = UInt64(codeCount)
            let grant = StoreSample.grant(number, issuesRefreshToken: random.chance(80), authenticatedAt: now)
            model.issue(code, grant, now: now)
            #expect(try await store.issueCode(StoreSample.digest(code), for: grant, now: now).outcome == .admitted)
        }

        private mutating func redeem() async throws {
            let code = "code \(max(1, codeCount - random.below(6)))"
            var redemption = StoreSample.redemption(code)
            var wrong: CodeMismatch?
            if random.chance(40) {
                switch random.below(4) {
                case 0: (wrong, redemption.clientID) = (.client, "other")
                case 1: (wrong, redemption.redirectURI) = (.redirectURI, "https://other.example")
                case 2:
                    (wrong, redemption.challenge) = (.verifier, CodeChallenge(digest: StoreSample.digest("other")))
                default: (wrong, redemption.resource) = (.resource, "https://other.example")
                }
            } else if random.chance(30) {
                (redemption.redirectURI, redemption.resource) = (nil, nil)
            }
            let expected = model.redeem(code, wrong: wrong, now: now)
            #expect(try await store.redeem(redemption, now: now).outcome == expected)
        }

        private mutating func rotate() async throws {
            let id = anySession()
            let present = Int(model.sessions[id]?.generation ?? 1)
            var use = RefreshTokenUse(
                family: id,
                generation: UInt32(max(0, present + [0, 0, 0, 0, 0, -1, -1, -2, 3][random.below(9)])),
                clientID: random.chance(10) ? "other" : StoreSample.clientID,
                rotates: random.chance(80)
            )
            if use.generation == 0 {
                use.generation = 1
            }
            if random.chance(20) {
                use.scopes = ScopeSet(random.chance(50) ? ["mcp:read"] : ["mcp:read", "admin"])
            }
            if random.chance(20) {
                use.resource = random.chance(50) ? StoreSample.resource : "https://other.example"
            }
            let isExpired = model.sessions[id].map { now >= $0.expiry } ?? false
            let expected = model.rotate(use, now: now)
            let found = try await store.rotate(use, now: now).outcome
            if isExpired, expected == .expired {
                // A sweep may have been there first.
                #expect(found == .expired || found == .unknown)
            } else if isExpired {
                #expect(found == expected || found == .unknown)
            } else {
                #expect(found == expected)
            }
        }

        private mutating func revoke() async throws {
            let id = anySession()
            let expected = model.sessions.removeValue(forKey: id)
            let found = try await store.revoke(id).outcome
            #expect(found == expected || (found == nil && expected.map { now >= $0.expiry } == true))
        }

        private mutating func consent() async throws {
            let key = "consent \(random.below(20))"
            #expect(await store.hasConsent(StoreSample.digest(key), now: now) == model.consents.contains(key))
            model.consents.insert(key)
            #expect(try await store.rememberConsent(StoreSample.consent(key, givenAt: now)).outcome == .admitted)
        }

        private mutating func sweep() async {
            model.forgetCodes(now: now)
            await store.sweep(now: now, limit: 1 + random.below(20))
        }

        private mutating func compareOneSession() async {
            let id = anySession()
            let expected = model.sessions[id].flatMap { now < $0.expiry ? $0 : nil }
            #expect(await store.session(id, now: now) == expected)
        }

        private mutating func anySession() -> SessionID {
            SessionID(value: Bits128(UInt64(max(1, codeCount - random.below(12)))))
        }

        /// The live sessions of a store.
        func liveSessions(of store: AuthorizationSessions) async -> [SessionID: Session] {
            var found: [SessionID: Session] = [:]
            for number in 1...UInt64(max(1, codeCount)) {
                let id = SessionID(value: Bits128(number))
                found[id] = await store.session(id, now: now)
            }
            return found
        }
    }

    @Test("every outcome is the model's, and the journal makes an equal store", arguments: UInt64(1)...8)
    func randomLife(seed: UInt64) async throws {
        var run = Run(seed: seed)
        for _ in 0..<1500 {
            try await run.step()
        }
        let (now, model) = (run.now, run.model)
        #expect(model.sessions.count > 5)
        #expect(await run.liveSessions(of: run.store) == model.sessions.filter { now < $0.value.expiry })

        let restored = AuthorizationSessions(policy: Self.policy, journal: VolatileJournal())
        try await restored.restore(run.journal.records)
        #expect(try await restored.capture().rowSet() == (try await run.store.capture().rowSet()))
        #expect(await restored.counts.consents == model.consents.count)
    }

    @Test("a snapshot at any moment, and the journal from before it, make an equal store", arguments: UInt64(21)...24)
    func randomSnapshot(seed: UInt64) async throws {
        var run = Run(seed: seed)
        for _ in 0..<300 {
            try await run.step()
        }
        // A snapshot covers the journal up to its position; each section may already hold more.
        let covered = run.journal.records.count
        for _ in 0..<200 {
            try await run.step()
        }
        let rows = try await run.store.capture().rows()
        for _ in 0..<200 {
            try await run.step()
        }
        let restored = AuthorizationSessions(policy: Self.policy, journal: VolatileJournal())
        try await restored.restore(rows)
        try await restored.restore(Array(run.journal.records.dropFirst(covered)))
        #expect(try await restored.capture().rowSet() == (try await run.store.capture().rowSet()))
    }
}
