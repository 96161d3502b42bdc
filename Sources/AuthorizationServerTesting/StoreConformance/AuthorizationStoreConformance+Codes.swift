import OAuthProtocol
import OAuthState
import OpenSSLCrypto

/// RFC 6749 §4.1.2 and §4.1.3, RFC 9700 §4.5: authorization codes.
extension AuthorizationStoreConformance {
    static let codeRules: [Rule] = [
        Rule("AZ-16: a redeemed code yields a session with everything that was granted", redemptionYieldsTheGrant),
        Rule("TK-6, D-17: of 64 who race with one code, one redeems it; the replays revoke", codesAreRedeemedOnce),
        Rule("TK-4, D-14, D-18, D-19: any single mismatch is refused and leaves the code", mismatchesLeaveTheCode),
        Rule("TK-4: five mismatches of any kind burn the code", fiveMismatchesBurn),
        Rule("TK-6, D-15: a second valid redemption revokes the session, also after the code's time", replayRevokes),
        Rule("D-16: a replay with anything wrong leaves the session alive", wrongReplayLeavesTheSession),
        Rule("TK-5: an absent redirect URI and an absent resource are accepted", absentParametersAreAccepted),
        Rule("TK-7, D-20: a code that was never issued or has expired is refused", unknownAndExpiredCodes),
        Rule("ST-5: at the bound of codes a new one is refused, the others stay", codeBound),
        Rule("ST-5: at the bound of sessions a redemption is refused and its code stays", sessionBound),
        Rule("TK-16: a redemption that is taken back leaves no session, and its code can be redeemed once", takenBack),
        Rule("TK-6, TK-16: nothing is taken back of a code that was replayed, rotated or revoked", notTakenBack),
        Rule("TK-10: without a refresh token the session lives no longer than its access token", noRefreshToken),
    ]

    static func redemptionYieldsTheGrant(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        var settings = StoreSettings()
        settings.sessions.refreshTokenLifetime = .seconds(3600)
        settings.sessions.sessionLifetime = .seconds(7200)
        let store = try await makeStore(settings)
        let session = try await openSession(in: store)
        let grant = StoreSample.grant()
        try requireEqual(session.id, grant.sessionID, "the session's id")
        try requireEqual(session.userID, grant.userID, "the user")
        try requireEqual(session.clientID, grant.request.clientID, "the client")
        try requireEqual(session.scopes, grant.request.scopes, "the scopes")
        try requireEqual(session.resource, grant.request.resource, "the resource")
        try requireEqual(session.connections, grant.connections, "the connections")
        try requireEqual(session.authenticatedAt, grant.authenticatedAt, "the time of login")
        try requireEqual(session.absoluteExpiry, StoreSample.now + .seconds(7200), "the absolute expiry")
        try requireEqual(session.idleExpiry, StoreSample.now + .seconds(3600), "the idle expiry")
        try requireEqual(session.generation, 1, "the first generation")
        try requireEqual(try await store.session(session.id, now: StoreSample.now), session, "the session that is kept")
    }

    static func codesAreRedeemedOnce(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        try await issue("code", in: store)
        let outcomes = try await race { _ in
            try await store.redeem(StoreSample.redemption("code"), now: StoreSample.now).outcome
        }
        let winners = outcomes.count { if case .redeemed = $0 { true } else { false } }
        try requireEqual(winners, 1, "the number of redemptions")
        let replays = outcomes.count { $0 == .replayed(StoreSample.grant().sessionID) }
        try requireEqual(replays, outcomes.count - 1, "the number of replays")
        let session = try await store.session(StoreSample.grant().sessionID, now: StoreSample.now)
        try require(session == nil, "the session outlived the replays of its code")
    }

    static func mismatchesLeaveTheCode(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        for (mismatch, redemption) in wrongRedemptions("code") {
            let store = try await makeStore(StoreSettings())
            try await issue("code", in: store)
            for _ in 0..<4 {
                let outcome = try await store.redeem(redemption, now: StoreSample.now).outcome
                try requireEqual(outcome, .mismatch(mismatch), "a redemption with a wrong \(mismatch)")
            }
            let early = try await store.session(StoreSample.grant().sessionID, now: StoreSample.now)
            try require(early == nil, "a mismatch made a session")
            try await requireRedeemed("code", in: store, "the right redemption after four with a wrong \(mismatch)")
        }
    }

    static func fiveMismatchesBurn(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        for (mismatch, redemption) in wrongRedemptions("code") {
            let store = try await makeStore(StoreSettings())
            try await issue("code", in: store)
            for _ in 0..<5 {
                _ = try await store.redeem(redemption, now: StoreSample.now).outcome
            }
            let outcome = try await store.redeem(StoreSample.redemption("code"), now: StoreSample.now).outcome
            try requireEqual(outcome, .unknown, "the right redemption after five with a wrong \(mismatch)")
        }
    }

    static func replayRevokes(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        for delay in [Duration.seconds(1), .seconds(300)] {
            let store = try await makeStore(StoreSettings())
            try await issue("code", in: store)
            try await requireRedeemed("code", in: store, "the first redemption")
            let moment = StoreSample.now + delay
            let replay = try await store.redeem(StoreSample.redemption("code"), now: moment).outcome
            try requireEqual(replay, .replayed(StoreSample.grant().sessionID), "a replay after \(delay)")
            let session = try await store.session(StoreSample.grant().sessionID, now: moment)
            try require(session == nil, "the session outlived a replay after \(delay)")
            let refresh = try await store.rotate(StoreSample.use(generation: 1), now: moment).outcome
            try requireEqual(refresh, .unknown, "the refresh token after a replay")
        }
    }

    static func wrongReplayLeavesTheSession(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        for (mismatch, redemption) in wrongRedemptions("code") {
            let store = try await makeStore(StoreSettings())
            try await issue("code", in: store)
            try await requireRedeemed("code", in: store, "the first redemption")
            for _ in 0..<6 {
                let outcome = try await store.redeem(redemption, now: StoreSample.now).outcome
                try requireEqual(outcome, .mismatch(mismatch), "a replay with a wrong \(mismatch)")
            }
            let session = try await store.session(StoreSample.grant().sessionID, now: StoreSample.now)
            try require(session != nil, "a replay with a wrong \(mismatch) ended the session")
            let replay = try await store.redeem(StoreSample.redemption("code"), now: StoreSample.now).outcome
            try requireEqual(replay, .replayed(StoreSample.grant().sessionID), "a valid replay after wrong ones")
        }
    }

    static func absentParametersAreAccepted(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        try await issue("code", in: store)
        var redemption = StoreSample.redemption("code")
        redemption.redirectURI = nil
        redemption.resource = nil
        let outcome = try await store.redeem(redemption, now: StoreSample.now).outcome
        guard case .redeemed(_, let grant) = outcome else {
            throw Deviation(text: "a redemption without redirect URI and resource came to \(outcome)")
        }
        try requireEqual(grant, StoreSample.grant(), "the grant")
    }

    static func unknownAndExpiredCodes(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        var settings = StoreSettings()
        settings.sessions.authorizationCodeLifetime = .seconds(60)
        let store = try await makeStore(settings)
        let never = try await store.redeem(StoreSample.redemption("never issued"), now: StoreSample.now).outcome
        try requireEqual(never, .unknown, "a code that was never issued")
        try await issue("code", in: store)
        let late = try await store.redeem(StoreSample.redemption("code"), now: StoreSample.now + .seconds(60)).outcome
        try requireEqual(late, .expired, "a code at its expiry")
        let session = try await store.session(StoreSample.grant().sessionID, now: StoreSample.now + .seconds(60))
        try require(session == nil, "an expired code made a session")
        let moment = StoreSample.now + .milliseconds(59_999)
        try await requireRedeemed("code", in: store, at: moment, "a code just before its expiry")
    }

    static func codeBound(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        var settings = StoreSettings()
        settings.limits.authorizationCodesMax = 2
        let store = try await makeStore(settings)
        try requireEqual(await issue("1", 1, in: store), .admitted, "the first code")
        try requireEqual(await issue("2", 2, in: store), .admitted, "the second code")
        try requireEqual(await issue("3", 3, in: store), .full, "a third code at a bound of two")
        try await requireRedeemed("1", in: store, "a code that was kept")
        let refused = try await store.redeem(StoreSample.redemption("3"), now: StoreSample.now).outcome
        try requireEqual(refused, .unknown, "the code that was refused")
        // The redeemed one is remembered for replays, and does not count.
        try requireEqual(await issue("5", 5, in: store), .admitted, "a code when another was redeemed")
        try requireEqual(await issue("6", 6, in: store), .full, "a third code again")
        let expiry = StoreSample.now + .seconds(60)
        try requireEqual(await issue("7", 7, in: store, now: expiry), .admitted, "a code when the others have expired")
        let admission = try await issue("4", 4, in: store, now: StoreSample.now + .seconds(3600))
        try requireEqual(admission, .admitted, "a code when the others are forgotten")
    }

    static func sessionBound(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        var settings = StoreSettings()
        settings.limits.sessionsMax = 1
        let store = try await makeStore(settings)
        try await issue("1", 1, in: store)
        try await issue("2", 2, in: store)
        try await requireRedeemed("1", in: store, "the first session")
        let refused = try await store.redeem(StoreSample.redemption("2"), now: StoreSample.now).outcome
        try requireEqual(refused, .full, "a second session at a bound of one")
        _ = try await store.revoke(SessionID(value: 1)).outcome
        try await requireRedeemed("2", in: store, "the refused code when there is room")
    }

    static func noRefreshToken(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        var settings = StoreSettings()
        settings.sessions.accessTokenLifetime = .seconds(900)
        let store = try await makeStore(settings)
        let session = try await openSession(in: store, issuesRefreshToken: false)
        try requireEqual(session.generation, 0, "the generation")
        try requireEqual(session.expiry, StoreSample.now + .seconds(900), "the expiry")
        for generation in [UInt32(0), 1] {
            let refresh = try await store.rotate(StoreSample.use(generation: generation), now: StoreSample.now).outcome
            try requireEqual(refresh, .unknown, "a refresh of a session without refresh token")
        }
    }

    static func takenBack(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let (session, redemption) = try await openSessionWithReceipt(in: store)
        await redemption.failAnswering()
        let kept = try await store.session(session.id, now: StoreSample.now)
        try require(kept == nil, "the session of a redemption that was taken back is alive")
        let refresh = try await store.rotate(StoreSample.use(1, generation: 1), now: StoreSample.now).outcome
        try requireEqual(refresh, .unknown, "a refresh in a session that was taken back")
        let late = try await store.redeem(StoreSample.redemption(firstCode), now: StoreSample.now + .seconds(60))
            .outcome
        try requireEqual(late, .expired, "the code after its time")
        try await requireRedeemed(firstCode, in: store, "the second try")
        let replay = try await store.redeem(StoreSample.redemption(firstCode), now: StoreSample.now).outcome
        try requireEqual(replay, .replayed(session.id), "a replay after the second try")
    }

    static func notTakenBack(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let spoilings: [(String, @Sendable (any AuthorizationStore, SessionID) async throws -> Void)] = [
            (
                "replayed",
                { store, _ in
                    _ = try await store.redeem(StoreSample.redemption(firstCode), now: StoreSample.now).outcome
                }
            ),
            ("revoked", { store, id in _ = try await store.revoke(id).outcome }),
            (
                "rotated",
                { store, _ in
                    _ = try await store.rotate(StoreSample.use(1, generation: 1), now: StoreSample.now).outcome
                }
            ),
        ]
        for (name, spoil) in spoilings {
            let store = try await makeStore(StoreSettings())
            let (session, redemption) = try await openSessionWithReceipt(in: store)
            try await spoil(store, session.id)
            let before = try await store.session(session.id, now: StoreSample.now)
            await redemption.failAnswering()
            try requireEqual(
                try await store.session(session.id, now: StoreSample.now),
                before,
                "a session that was \(name)"
            )
            let again = try await store.redeem(StoreSample.redemption(firstCode), now: StoreSample.now).outcome
            try requireEqual(again, .replayed(session.id), "its code when the session was \(name)")
        }
    }

    /// The code that ``openSession(_:in:issuesRefreshToken:)`` redeems first.
    private static let firstCode = "code of session 1"

    // MARK: - Steps

    @discardableResult
    static func issue(
        _ code: String,
        _ number: UInt64 = 1,
        in store: any AuthorizationStore,
        now: Timestamp = StoreSample.now
    ) async throws -> StoreAdmission {
        try await store.issueCode(StoreSample.digest(code), for: StoreSample.grant(number), now: now).outcome
    }

    private static func requireRedeemed(
        _ code: String,
        in store: any AuthorizationStore,
        at moment: Timestamp = StoreSample.now,
        _ what: String
    ) async throws {
        let outcome = try await store.redeem(StoreSample.redemption(code), now: moment).outcome
        guard case .redeemed = outcome else { throw Deviation(text: "\(what) came to \(outcome)") }
    }

    // CVE-2026-32245, CVE-2026-28513: each single-field mismatch alone must be refused.
    private static func wrongRedemptions(_ code: String) -> [(CodeMismatch, CodeRedemption)] {
        func changed(_ change: (inout CodeRedemption) -> Void) -> CodeRedemption {
            var redemption = StoreSample.redemption(code)
            change(&redemption)
            return redemption
        }
        return [
            (.client, changed { $0.clientID = "dcr_attacker" }),
            (.redirectURI, changed { $0.redirectURI = "http://127.0.0.1:51005/callback/K" }),
            (.redirectURI, changed { $0.redirectURI = "http://localhost:51004/callback/K" }),
            // U+212A KELVIN SIGN equals K in Swift's eyes.
            (.redirectURI, changed { $0.redirectURI = "http://127.0.0.1:51004/callback/\u{212A}" }),
            (.verifier, changed { $0.challenge = CodeChallenge(digest: StoreSample.digest("guess")) }),
            (.resource, changed { $0.resource = "https://other.example/mcp" }),
        ]
    }
}
