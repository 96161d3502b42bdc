import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Testing

/// Sweeping frees what has expired, a bounded piece at a time, and nothing else.
@Suite("Stores: sweeping")
struct SweepTests {
    private static let hour: Duration = .seconds(3600)

    private static func sessions(_ count: UInt64, journal: any ChangeJournal) async throws -> AuthorizationSessions {
        let policy = SessionPolicy(refreshTokenLifetime: .seconds(24 * 3600), sessionLifetime: .seconds(72 * 3600))
        let store = AuthorizationSessions(policy: policy, journal: journal)
        for number in 1...count {
            let code = "\(number)"
            _ = try await store.issueCode(
                StoreSample.digest(code),
                for: StoreSample.grant(number),
                now: StoreSample.now
            ).outcome
            _ = try await store.redeem(StoreSample.redemption(code), now: StoreSample.now).outcome
        }
        return store
    }

    @Test("ST-5: only sessions whose time has passed are dropped, and their removal is journaled")
    func sessionsThatExpired() async throws {
        let journal = RecordingJournal()
        let store = try await Self.sessions(10, journal: journal)
        // Three are used and live on.
        let half = StoreSample.now + Self.hour * 12
        for number in UInt64(1)...3 {
            _ = try await store.rotate(StoreSample.use(number, generation: 1), now: half).outcome
        }
        await store.sweep(now: half, limit: 1000)
        #expect(await store.counts.sessions == 10)
        let dayAfter = StoreSample.now + Self.hour * 26
        await store.sweep(now: dayAfter, limit: 1000)
        #expect(await store.counts.sessions == 3)
        for number in UInt64(1)...10 {
            #expect((await store.session(SessionID(value: Bits128(number)), now: dayAfter) != nil) == (number <= 3))
        }
        let restored = AuthorizationSessions(policy: SessionPolicy(), journal: VolatileJournal())
        try await restored.restore(journal.records)
        #expect(await restored.counts.sessions == 3)
        await store.sweep(now: StoreSample.now + Self.hour * 40, limit: 1000)
        #expect(await store.counts.sessions == 0)
    }

    @Test("while the disk takes no records, a sweep makes none: they would fill the memory that the journal has")
    func fullDisk() async throws {
        let journal = ScriptedJournal()
        let store = try await Self.sessions(3, journal: journal)
        journal.isAvailable = false
        let count = journal.records.count
        await store.sweep(now: StoreSample.now + Self.hour * 200, limit: 1000)
        #expect(journal.records.count == count)
        #expect(await store.counts.sessions == 3)
        // They are over all the same.
        #expect(await store.session(SessionID(value: Bits128(1)), now: StoreSample.now + Self.hour * 200) == nil)
    }

    @Test("C9, RV-2: a revoked token is dropped when it has expired, and not before")
    func revokedTokens() async throws {
        let store = AuthorizationSessions(policy: SessionPolicy(), journal: VolatileJournal())
        let reference = AccessTokenReference(tokenID: "jti", sessionID: nil)
        let expiry = StoreSample.now + Self.hour
        _ = try await store.revokeAccessToken(reference, expiry: expiry, now: StoreSample.now).outcome
        await store.sweep(now: expiry - .seconds(1), limit: 100)
        #expect(await store.standing(of: reference, now: expiry - .seconds(1)) == .revoked)
        await store.sweep(now: expiry + Self.hour * 2, limit: 100)
        #expect(await store.revokedTokenCount == 0)
    }

    @Test("a sweep looks at no more sessions than it may, and later ones do the rest")
    func limit() async throws {
        let store = try await Self.sessions(10, journal: VolatileJournal())
        let late = StoreSample.now + Self.hour * 200
        for left in [7, 4, 1, 0, 0] {
            await store.sweep(now: late, limit: 3)
            #expect(await store.counts.sessions == left)
        }
    }

    @Test("sessions that came back from storage are swept too")
    func recovered() async throws {
        let live = try await Self.sessions(5, journal: VolatileJournal())
        let restored = AuthorizationSessions(policy: SessionPolicy(), journal: VolatileJournal())
        try await restored.restore(try await live.capture().rows())
        await restored.sweep(now: StoreSample.now + Self.hour * 200, limit: 1000)
        #expect(await restored.counts.sessions == 0)
    }

    @Test("logins under way and codes go when they have expired, not before")
    func shortLived() async throws {
        let store = AuthorizationSessions(policy: SessionPolicy(), journal: VolatileJournal())
        let now = StoreSample.now
        for number in UInt64(1)...4 {
            let start = now + .seconds(Int64(number) * 60)
            let pending = StoreSample.pending(number, expiry: start + PendingLogin.lifetime)
            _ = try await store.begin(pending, state: StoreSample.digest("\(number)"), now: start).outcome
            _ = try await store.issueCode(StoreSample.digest("\(number)"), for: StoreSample.grant(number), now: start)
                .outcome
        }
        await store.sweep(now: now + .seconds(659), limit: 10)
        #expect(await store.counts.pending == 4)
        await store.sweep(now: now + .seconds(720), limit: 10)
        #expect(await store.counts.pending == 2)
        // A code is remembered for a while after its minute, so that its replay can revoke (TK-6).
        #expect(await store.counts.codes == 3)
        await store.sweep(now: now + .seconds(10_000), limit: 10)
        #expect(await store.counts.pending == 0)
        #expect(await store.counts.codes == 0)
    }

    @Test("CA-2: consumed ids go when they have expired, not before")
    func consumedIDs() async throws {
        let store = ReplayGuard(journal: VolatileJournal())
        for number in 1...6 {
            let expiry = StoreSample.now + Self.hour * number
            _ = try await store.consume(
                StoreSample.digest("\(number)"),
                of: StoreSample.assertionOwner,
                expiry: expiry,
                now: StoreSample.now
            ).outcome
        }
        let middle = StoreSample.now + Self.hour * 3.5
        await store.sweep(now: middle, limit: 1000)
        #expect((3...4).contains(await store.count))
        for number in 4...6 {
            let expiry = StoreSample.now + Self.hour * number
            let replay = try await store.consume(
                StoreSample.digest("\(number)"),
                of: StoreSample.assertionOwner,
                expiry: expiry,
                now: middle
            ).outcome
            #expect(replay == .replayed)
        }
        await store.sweep(now: StoreSample.now + Self.hour * 100, limit: 2)
        #expect((1...2).contains(await store.count))
        await store.sweep(now: StoreSample.now + Self.hour * 100, limit: 1000)
        #expect(await store.count == 0)
    }

    @Test("C9: removed clients leave nothing behind that grows")
    func registryAfterRemovals() async throws {
        var limits = StoreLimits()
        limits.dynamicClientsMax = 2
        let store = ClientRegistry(preRegistered: [], journal: VolatileJournal(), limits: limits)
        // A client that went and came back is the youngest, not the oldest.
        _ = try await store.register(StoreSample.client("dcr_a")).outcome
        _ = try await store.register(StoreSample.client("dcr_b")).outcome
        _ = try await store.remove("dcr_a").outcome
        _ = try await store.register(StoreSample.client("dcr_a")).outcome
        _ = try await store.register(StoreSample.client("dcr_c")).outcome
        #expect(await store.client("dcr_a") != nil)
        #expect(await store.client("dcr_b") == nil)
        #expect(await store.count == 2)
    }
}
