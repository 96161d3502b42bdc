import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Testing

/// The conformance suite notices stores that are wrong; otherwise it would prove nothing.
@Suite("Stores: the conformance suite can fail")
struct ConformanceFailureTests {
    private static func broken<Store>(
        _ rules: [ConformanceRule<Store>],
        by makeStore: StoreFactory<Store>
    ) async throws -> Set<String> {
        var broken: Set<String> = []
        for rule in rules {
            do {
                try await rule.check(makeStore)
            } catch let failure as ConformanceFailure {
                #expect(failure.rule == rule.title)
                #expect(failure.description.hasPrefix(rule.title))
                broken.insert(failure.rule)
            }
        }
        return broken
    }

    @Test("a guard that forgets is noticed")
    func forgetfulGuard() async throws {
        struct Forgetful: ReplayStore {
            func consume(
                _: SHA256Digest,
                of _: AssertionOwner,
                expiry _: Timestamp,
                now _: Timestamp
            ) -> Receipt<AssertionConsumption> {
                Receipt(.consumed)
            }
        }
        let broken = try await Self.broken(ReplayStoreConformance.rules) { _ in Forgetful() }
        #expect(broken.count == ReplayStoreConformance.rules.count)
    }

    @Test("a guard that looks and then acts is noticed by the race")
    func racyGuard() async throws {
        let rules = ReplayStoreConformance.rules.filter { $0.title.contains("race") }
        #expect(rules.count == 1)
        let broken = try await Self.broken(rules) { _ in RacyGuard() }
        #expect(broken.count == 1)
    }

    @Test("a store of devices that approves for any client, and twice, is noticed")
    func carelessDevices() async throws {
        struct Careless: DeviceStore {
            func begin(_: DeviceAuthorization, now _: Timestamp) -> Receipt<DeviceAdmission> { Receipt(.admitted) }
            func device(userCode _: SHA256Digest, now _: Timestamp) -> DeviceAuthorization? { nil }
            func decide(_: SHA256Digest, _: DeviceDecision, now _: Timestamp) -> Receipt<Bool> { Receipt(true) }
            func poll(_: SHA256Digest, clientID _: String, now _: Timestamp) -> Receipt<DevicePoll> {
                Receipt(.approved(code: StoreSample.digest("code")))
            }
        }
        let broken = try await Self.broken(DeviceStoreConformance.rules) { _ in Careless() }
        // It takes nothing back because nothing is ever used up.
        #expect(broken.count == DeviceStoreConformance.rules.count - 1)
    }

    @Test("a store that does not check the client is noticed")
    func carelessSessions() async throws {
        let broken = try await Self.broken(AuthorizationStoreConformance.rules) { settings in
            CarelessSessions(settings)
        }
        #expect(broken.contains { $0.hasPrefix("D-29") })
        #expect(broken.contains { $0.hasPrefix("TK-4, D-14") })
        #expect(broken.contains { $0.hasPrefix("D-51") })
        #expect(broken.contains { $0.hasPrefix("RV-1, D-47") })
        #expect(broken.contains { $0.hasPrefix("RV-2: a revoked access token") })
        #expect(broken.contains { $0.hasPrefix("LO-1: an ending") })
        #expect(broken.count < AuthorizationStoreConformance.rules.count)
    }

    @Test("every rule has a title of its own and most name their requirement")
    func titles() {
        let titles =
            ClientStoreConformance.rules.map(\.title) + AuthorizationStoreConformance.rules.map(\.title)
            + VaultStoreConformance.rules.map(\.title) + SigningKeyStoreConformance.rules.map(\.title)
            + DeviceStoreConformance.rules.map(\.title)
            + ReplayStoreConformance.rules.map(\.title) + SharedStoreConformance.rules.map(\.title)
        #expect(Set(titles).count == titles.count)
        #expect(titles.count { $0.contains(/[A-Z]{1,2}-?[0-9]|0\.[0-9]|§/) } > titles.count * 3 / 4)
    }
}

/// Checks in one turn and changes in another.
private actor RacyGuard: ReplayStore {
    private var seen: Set<SHA256Digest> = []

    func consume(
        _ id: SHA256Digest,
        of _: AssertionOwner,
        expiry: Timestamp,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<AssertionConsumption> {
        guard !seen.contains(id) else { return Receipt(.replayed) }
        await Task.yield()
        seen.insert(id)
        return Receipt(.consumed)
    }

}

/// Accepts every proof.
private struct CarelessSessions: AuthorizationStore {
    private let inner: AuthorizationSessions

    init(_ settings: StoreSettings) {
        inner = AuthorizationSessions(policy: settings.sessions, journal: VolatileJournal(), limits: settings.limits)
    }

    func consumeOnce(
        _ ticket: SHA256Digest,
        until expiry: Timestamp,
        from source: SourceNetwork,
        now: Timestamp
    ) async -> Receipt<TicketConsumption> {
        await inner.consumeOnce(ticket, until: expiry, from: source, now: now)
    }

    func begin(
        _ pending: PendingLogin,
        state: SHA256Digest,
        now: Timestamp
    ) async -> Receipt<StoreAdmission> {
        await inner.begin(pending, state: state, now: now)
    }

    func takePending(
        state: SHA256Digest,
        upstream: String,
        binding: SHA256Digest?,
        now: Timestamp
    ) async -> Receipt<PendingOutcome> {
        let browser = StoreSample.digest("browser")
        return await inner.takePending(state: state, upstream: upstream, binding: browser, now: now)
    }

    func abandon(_ id: SessionID) async { await inner.abandon(id) }

    func issueCode(
        _ code: SHA256Digest,
        for grant: AuthorizationGrant,
        now: Timestamp
    ) async -> Receipt<StoreAdmission> {
        await inner.issueCode(code, for: grant, now: now)
    }

    func redeem(
        _ redemption: CodeRedemption,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<RedemptionOutcome> {
        var redemption = redemption
        redemption.clientID = StoreSample.clientID
        return try await inner.redeem(redemption, now: now)
    }

    func rotate(
        _ use: RefreshTokenUse,
        under conditions: RefreshConditions,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<RotationOutcome> {
        var use = use
        use.clientID = StoreSample.clientID
        return try await inner.rotate(use, under: conditions, now: now)
    }

    func start(_ session: Session, now: Timestamp) async throws(StoreError) -> Receipt<StoreAdmission> {
        try await inner.start(session, now: now)
    }

    func session(_ id: SessionID, now: Timestamp) async -> Session? { await inner.session(id, now: now) }
    func revoke(_ id: SessionID) async throws(StoreError) -> Receipt<Session?> { try await inner.revoke(id) }

    // Forgets what is about to become a session.
    func end(_ ending: SessionEnding) async throws(StoreError) -> Receipt<Int> {
        try await inner.end(SessionEnding(sessions: ending.sessions))
    }

    func sessions(of userID: UserID, now: Timestamp) async -> [Session] { [] }
    func awaited(among _: Set<ConnectionID>) async -> Set<ConnectionID> { [] }

    func revoke(_ id: SessionID, for _: String) async throws(StoreError) -> Receipt<SessionRevocation> {
        try await inner.revoke(id, for: StoreSample.clientID)
    }

    func revokeAccessToken(
        _: AccessTokenReference,
        expiry _: Timestamp,
        now _: Timestamp
    ) async -> Receipt<AccessTokenRevocation> {
        Receipt(.revoked)
    }

    func standing(of token: AccessTokenReference, now: Timestamp) async -> AccessTokenStanding {
        await inner.standing(of: token, now: now)
    }

    func startAgent(_ session: Session, now: Timestamp) async throws(StoreError) -> Receipt<AgentAdmission> {
        try await inner.startAgent(session, now: now)
    }

    func useAgent(
        _ tokenHash: SHA256Digest,
        under conditions: RefreshConditions,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<AgentUse> {
        try await inner.useAgent(tokenHash, under: conditions, now: now)
    }

    func rememberConsent(_ consent: RememberedConsent) async throws(StoreError) -> Receipt<StoreAdmission> {
        try await inner.rememberConsent(consent)
    }

    func hasConsent(_ key: SHA256Digest, now: Timestamp) async -> Bool { await inner.hasConsent(key, now: now) }

    func consents(of userID: UserID, now: Timestamp) async -> [RememberedConsent] {
        await inner.consents(of: userID, now: now)
    }

    func withdraw(_ withdrawal: ConsentWithdrawal) async throws(StoreError) -> Receipt<Int> {
        try await inner.withdraw(withdrawal)
    }
}
