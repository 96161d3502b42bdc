import OAuthProtocol
import OAuthState
import OpenSSLCrypto

/// Bounds that anyone can fill, and bounds of one user: the source that fills them is refused or loses.
extension AuthorizationStoreConformance {
    static let shareRules: [Rule] = [
        Rule("S-25: a network that fills the table of used tickets is refused, and others are not", ticketShares),
        Rule("S-25: a network that fills the table of logins is refused, and others are not", loginShares),
        Rule("S-20: of more sessions of one user and client than the bound, the longest idle ends", userSessionShare),
        Rule("S-22: a repeat from another network with another agent is distinguished from a retry", elsewhere),
        Rule("S-22: with the same network demanded, a repeat from another one is reuse", sameNetwork),
        Rule("S-22: a predecessor is repeated a hundred times and no more, which ends nothing", repeatBound),
        Rule("S-20: a redemption that is taken back leaves the session that ended for it alive", sessionShareTakenBack),
    ]

    private static let flood = SourceNetwork(number: 1)
    private static let bound = 1024

    private static func settings() -> StoreSettings {
        var settings = StoreSettings()
        settings.limits.approvedTicketsMax = bound
        settings.limits.pendingAuthorizationsMax = bound
        return settings
    }

    /// Has one network try to fill a table, by number, and then others, each once.
    private static func requireShares(_ fill: (Int, SourceNetwork) async throws -> Bool) async throws {
        var admitted = 0
        for number in 0..<bound {
            let isAdmitted = try await fill(number, flood)
            admitted += isAdmitted ? 1 : 0
        }
        try requireEqual(admitted, bound / 2, "how many of the flood are admitted")
        for number in 0..<100 {
            let isAdmitted = try await fill(bound + number, SourceNetwork(number: UInt64(number) + 2))
            try require(isAdmitted, "network \(number) is refused because of the flood")
        }
        try requireEqual(try await fill(2 * bound, flood), false, "the flood afterwards")
    }

    static func ticketShares(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(settings())
        try await requireShares { number, source in
            try await store.consumeOnce(
                StoreSample.digest("\(number)"),
                until: StoreSample.now + .seconds(600),
                from: source,
                now: StoreSample.now
            ).outcome == .consumed
        }
        let again = try await store.consumeOnce(
            StoreSample.digest("0"),
            until: StoreSample.now + .seconds(600),
            from: SourceNetwork(number: 999),
            now: StoreSample.now
        ).outcome
        try requireEqual(again, .alreadyUsed, "a used ticket, from another network")
    }

    static func loginShares(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(settings())
        try await requireShares { number, source in
            var pending = StoreSample.pending(UInt64(number) + 1)
            pending.source = source
            return try await store.begin(pending, state: StoreSample.digest("\(number)"), now: StoreSample.now).outcome
                == .admitted
        }
    }

    private static func grant(_ number: UInt64, user: UInt64 = 1, client: String? = nil) -> AuthorizationGrant {
        var grant = StoreSample.grant(number)
        grant.userID = UserID(value: Bits128(user))
        if let client { grant.request.clientID = client }
        return grant
    }

    private static func open(
        _ grant: AuthorizationGrant,
        in store: any AuthorizationStore,
        at now: Timestamp
    ) async throws -> Receipt<RedemptionOutcome> {
        let code = "code of \(grant.sessionID)"
        _ = try await store.issueCode(StoreSample.digest(code), for: grant, now: now).outcome
        var redemption = StoreSample.redemption(code)
        redemption.clientID = grant.request.clientID
        return try await store.redeem(redemption, now: now)
    }

    static func userSessionShare(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        var settings = StoreSettings()
        settings.limits.sessionsPerUserAndClientMax = 3
        let store = try await makeStore(settings)
        for number in 1...3 {
            let now = StoreSample.now + .seconds(number)
            _ = try await open(grant(UInt64(number)), in: store, at: now).outcome
        }
        _ = try await open(grant(11, user: 2), in: store, at: StoreSample.now).outcome
        _ = try await open(grant(12, client: "dcr_other"), in: store, at: StoreSample.now).outcome
        // The oldest one is in use; the second is idle longest.
        let later = StoreSample.now + .seconds(60)
        _ = try await store.rotate(StoreSample.use(1, generation: 1), now: later).outcome
        _ = try await open(grant(4), in: store, at: later).outcome
        for (number, isLive) in [(1, true), (2, false), (3, true), (4, true), (11, true), (12, true)] {
            let session = try await store.session(SessionID(value: Bits128(UInt64(number))), now: later)
            try requireEqual(session != nil, isLive, "whether session \(number) lives")
        }
        let refused = try await store.rotate(StoreSample.use(2, generation: 1), now: later).outcome
        try requireEqual(refused, .unknown, "the refresh token of the session that ended")
    }

    static func sessionShareTakenBack(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        var settings = StoreSettings()
        settings.limits.sessionsPerUserAndClientMax = 1
        let store = try await makeStore(settings)
        _ = try await open(grant(1), in: store, at: StoreSample.now).outcome
        let receipt = try await open(grant(2), in: store, at: StoreSample.now)
        await receipt.failAnswering()
        let kept = try await store.session(SessionID(value: 1), now: StoreSample.now)
        try require(kept != nil, "the earlier session is gone although no other took its place")
        let taken = try await store.session(SessionID(value: 2), now: StoreSample.now)
        try requireEqual(taken, nil, "the session that was taken back")
    }

    private static func use(_ generation: UInt32, network: UInt64, agent: UInt64) -> RefreshTokenUse {
        var use = StoreSample.use(1, generation: generation)
        use.origin = RefreshOrigin(network: SourceNetwork(number: network), agent: agent)
        return use
    }

    static func elsewhere(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        _ = try await openSession(1, in: store)
        let first = try await store.rotate(use(1, network: 7, agent: 8), now: StoreSample.now).outcome
        guard case .rotated(let session) = first else { throw Deviation(text: "a right use came to \(first)") }
        for (network, agent) in [(7, 8), (9, 8), (7, 9)] as [(UInt64, UInt64)] {
            let outcome = try await store.rotate(use(1, network: network, agent: agent), now: StoreSample.now).outcome
            try requireEqual(outcome, .repeated(session), "a retry from \(network) with \(agent)")
        }
        let outcome = try await store.rotate(use(1, network: 9, agent: 9), now: StoreSample.now).outcome
        try requireEqual(outcome, .repeatedElsewhere(session), "a repeat from elsewhere")
    }

    static func sameNetwork(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        var settings = StoreSettings()
        settings.sessions.reuseNeedsSameNetwork = true
        let store = try await makeStore(settings)
        _ = try await openSession(1, in: store)
        _ = try await store.rotate(use(1, network: 7, agent: 8), now: StoreSample.now).outcome
        let retry = try await store.rotate(use(1, network: 7, agent: 9), now: StoreSample.now).outcome
        guard case .repeated(let session) = retry else { throw Deviation(text: "a retry came to \(retry)") }
        let outcome = try await store.rotate(use(1, network: 9, agent: 8), now: StoreSample.now).outcome
        try requireEqual(outcome, .reused(session), "a repeat from another network")
        try requireEqual(try await store.session(session.id, now: StoreSample.now), nil, "the session")
    }

    static func repeatBound(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let session = try await openSession(1, in: store)
        _ = try await store.rotate(use(1, network: 7, agent: 8), now: StoreSample.now).outcome
        for number in 1...101 {
            let outcome = try await store.rotate(use(1, network: 7, agent: 8), now: StoreSample.now).outcome
            if case .repeatedTooOften = outcome {
                try requireEqual(number, 101, "the number of repeats")
            } else {
                try require(number < 101, "repeat \(number) came to \(outcome)")
            }
        }
        let next = try await store.rotate(use(2, network: 7, agent: 8), now: StoreSample.now).outcome
        guard case .rotated = next else { throw Deviation(text: "the successor came to \(next)") }
        let repeated = try await store.rotate(use(2, network: 7, agent: 8), now: StoreSample.now).outcome
        guard case .repeated(let kept) = repeated else { throw Deviation(text: "its first repeat came to \(repeated)") }
        try requireEqual(kept.id, session.id, "the session")
    }
}
