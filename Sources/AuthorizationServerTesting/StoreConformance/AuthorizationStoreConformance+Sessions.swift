import OAuthProtocol
import OAuthState
import OpenSSLCrypto

/// Revocation and remembered consents.
extension AuthorizationStoreConformance {
    static let sessionRules: [Rule] = [
        Rule("RV-2: a revoked session is gone, with its refresh tokens, and others live", revocation),
        Rule("LO-1: an ending takes sessions, unredeemed codes and logins under way, and no others", endings),
        Rule("LO-1: a code that was redeemed a moment ago is ended as its session", redeemedMeanwhile),
        Rule("LO-1: a login that ends while its callback is at work becomes neither code nor further leg", endedInHand),
        Rule("RV-2: connections of logins under way and of unredeemed codes are awaited", awaited),
        Rule("LO-1: the live sessions of a user are found, and no others", sessionsOfUser),
        Rule(
            "LO-1: callbacks at work have their bound: beyond it a login stays, and one that fails makes room",
            inHandBound
        ),
        Rule("CO-1, D-55: a consent is remembered for exactly what it was given for", consents),
        Rule("ST-5: at the bound of consents a new one is not remembered, an old one is renewed", consentBound),
        Rule("CO-1: a consent expires", consentExpiry),
        Rule("an agent is found by its token until it, or the session that it ends with, has ended", agents),
        Rule("ST-5: a user has a bounded number of agents", agentBound),
        Rule("ST-5: agents of ended sessions take no place", deadAgents),
        Rule("CO-1: the consents of one user are withdrawn: one, those of a client, or all", consentWithdrawal),
    ]

    static func revocation(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let session = try await openSession(1, in: store)
        let other = try await openSession(2, in: store)
        try requireEqual(try await store.revoke(session.id).outcome, session, "what a revocation ends")
        try requireEqual(try await store.revoke(session.id).outcome, nil, "what a second revocation ends")
        try requireEqual(try await store.session(session.id, now: StoreSample.now), nil, "the revoked session")
        let refresh = try await store.rotate(StoreSample.use(1, generation: 1), now: StoreSample.now).outcome
        try requireEqual(refresh, .unknown, "the refresh token of a revoked session")
        try requireEqual(try await store.session(other.id, now: StoreSample.now), other, "another session")
    }

    static func endings(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let connection = ConnectionID(value: 77)
        let session = try await openSession(1, in: store)
        let untouched = try await openSession(2, in: store)
        var grant = StoreSample.grant(3)
        grant.connections = [connection]
        try requireEqual(
            try await store.issueCode(StoreSample.digest("ended"), for: grant, now: StoreSample.now).outcome,
            .admitted,
            "a code"
        )
        _ = try await store.issueCode(StoreSample.digest("other"), for: StoreSample.grant(4), now: StoreSample.now)
            .outcome
        var pending = StoreSample.pending()
        pending.userID = grant.userID
        pending.connections = [connection]
        let state = StoreSample.digest("state")
        try requireEqual(
            try await store.begin(pending, state: state, now: StoreSample.now).outcome,
            .admitted,
            "a login"
        )
        let ending = SessionEnding(sessions: [session.id], connections: [connection])
        try requireEqual(try await store.end(ending).outcome, 1, "the number of ended sessions")
        try requireEqual(try await store.session(session.id, now: StoreSample.now), nil, "the named session")
        let ended = try await store.redeem(StoreSample.redemption("ended"), now: StoreSample.now).outcome
        try requireEqual(ended, .unknown, "the code of the ended connection")
        let taken = try await store.takePending(
            state: state,
            upstream: pending.upstream,
            binding: pending.binding,
            now: StoreSample.now
        ).outcome
        try requireEqual(taken, .unknown, "the login with the ended connection")
        try requireEqual(try await store.session(untouched.id, now: StoreSample.now), untouched, "another session")
        let other = try await store.redeem(StoreSample.redemption("other"), now: StoreSample.now).outcome
        guard case .redeemed = other else { throw Deviation(text: "another code came to \(other)") }
        let foreign = SessionEnding(connections: [ConnectionID(value: 999)])
        try requireEqual(try await store.end(foreign).outcome, 0, "what the end of another connection takes")
    }

    static func redeemedMeanwhile(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        var grant = StoreSample.grant(3)
        grant.connections = [ConnectionID(value: 77)]
        _ = try await store.issueCode(StoreSample.digest("code"), for: grant, now: StoreSample.now).outcome
        let outcome = try await store.redeem(StoreSample.redemption("code"), now: StoreSample.now).outcome
        guard case .redeemed(let session, _) = outcome else { throw Deviation(text: "redeeming came to \(outcome)") }
        // The caller looked before the redemption, and so names no session.
        let ended = try await store.end(SessionEnding(connections: [ConnectionID(value: 77)])).outcome
        try requireEqual(ended, 1, "the number of ended sessions")
        try requireEqual(try await store.session(session.id, now: StoreSample.now), nil, "the session of the code")
    }

    static func endedInHand(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        for ending in [
            SessionEnding(sessions: [SessionID(value: 1)]), SessionEnding(connections: [ConnectionID(value: 77)]),
            SessionEnding(sessions: [SessionID(value: 2)], connections: [ConnectionID(value: 78)]),
        ] {
            let store = try await makeStore(StoreSettings())
            var pending = StoreSample.pending()
            pending.connections = [ConnectionID(value: 77)]
            let state = StoreSample.digest("state")
            _ = try await store.begin(pending, state: state, now: StoreSample.now).outcome
            let taken = try await store.takePending(
                state: state,
                upstream: pending.upstream,
                binding: pending.binding,
                now: StoreSample.now
            ).outcome
            try requireEqual(taken, .taken(pending), "the login")
            let asked: Set<ConnectionID> = [ConnectionID(value: 77), ConnectionID(value: 78)]
            let awaited = try await store.awaited(among: asked)
            try requireEqual(awaited, [ConnectionID(value: 77)], "the awaited connections")
            _ = try await store.end(ending).outcome
            let expected = ending.sessions == [SessionID(value: 2)] ? StoreAdmission.admitted : .ended
            let leg = try await store.begin(pending, state: StoreSample.digest("next"), now: StoreSample.now).outcome
            try requireEqual(leg, expected, "a further leg of the login")
            let code = try await store.issueCode(
                StoreSample.digest("code"),
                for: StoreSample.grant(),
                now: StoreSample.now
            ).outcome
            try requireEqual(code, expected, "a code of the login")
        }
    }

    static func awaited(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let (first, second) = (ConnectionID(value: 71), ConnectionID(value: 72))
        var grant = StoreSample.grant(3)
        grant.connections = [first]
        _ = try await store.issueCode(StoreSample.digest("code"), for: grant, now: StoreSample.now).outcome
        var pending = StoreSample.pending()
        pending.connections = [second]
        _ = try await store.begin(pending, state: StoreSample.digest("state"), now: StoreSample.now).outcome
        let asked = [first, second, ConnectionID(value: 73)] as Set
        try requireEqual(try await store.awaited(among: asked), [first, second], "the awaited connections")
        try requireEqual(try await store.awaited(among: [second]), [second], "those of one that are awaited")
        _ = try await store.redeem(StoreSample.redemption("code"), now: StoreSample.now).outcome
        try requireEqual(try await store.awaited(among: asked), [second], "those after the redemption")
    }

    static func sessionsOfUser(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let (first, foreign) = (try await openSession(1, in: store), try await openSession(2, in: store))
        var grant = StoreSample.grant(3)
        grant.userID = first.userID
        _ = try await store.issueCode(StoreSample.digest("second"), for: grant, now: StoreSample.now).outcome
        let outcome = try await store.redeem(StoreSample.redemption("second"), now: StoreSample.now).outcome
        guard case .redeemed(let second, _) = outcome else { throw Deviation(text: "redeeming came to \(outcome)") }
        let now = StoreSample.now
        let both = Set(try await store.sessions(of: first.userID, now: now))
        try requireEqual(both, [first, second], "the sessions of a user")
        try requireEqual(try await store.sessions(of: foreign.userID, now: now), [foreign], "those of another")
        _ = try await store.revoke(first.id).outcome
        try requireEqual(try await store.sessions(of: first.userID, now: now), [second], "those after a revocation")
        let late = try await store.sessions(of: first.userID, now: second.expiry)
        try requireEqual(late, [], "those whose time has passed")
    }

    static func inHandBound(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        var settings = StoreSettings()
        settings.limits.pendingAuthorizationsMax = 1
        let store = try await makeStore(settings)
        let (first, second) = (StoreSample.pending(1), StoreSample.pending(2))
        func take(_ login: PendingLogin, _ state: String) async throws -> PendingOutcome {
            try await store.takePending(
                state: StoreSample.digest(state),
                upstream: login.upstream,
                binding: login.binding,
                now: StoreSample.now
            ).outcome
        }
        _ = try await store.begin(first, state: StoreSample.digest("first"), now: StoreSample.now).outcome
        try requireEqual(await take(first, "first"), .taken(first), "the first login")
        _ = try await store.begin(second, state: StoreSample.digest("second"), now: StoreSample.now).outcome
        try requireEqual(await take(second, "second"), .full, "the second login, at the bound")
        await store.abandon(first.sessionID)
        try requireEqual(await take(second, "second"), .taken(second), "the second login, once there is room")
    }

    static func consents(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let consent = StoreSample.consent("user 1, client A")
        try require(
            try await store.hasConsent(consent.key, now: StoreSample.now) == false,
            "a consent was there before it was given"
        )
        let admission = try await store.rememberConsent(consent).outcome
        try requireEqual(admission, .admitted, "the admission of a consent")
        try require(try await store.hasConsent(consent.key, now: StoreSample.now), "a consent was forgotten")
        let other = try await store.hasConsent(StoreSample.digest("user 1, client B"), now: StoreSample.now)
        try require(!other, "a consent was found for something else")
        try requireEqual(
            try await store.consents(of: consent.userID, now: StoreSample.now),
            [consent],
            "the consents of a user"
        )
    }

    static func consentBound(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        var settings = StoreSettings()
        settings.limits.consentsMax = 1
        let store = try await makeStore(settings)
        let (first, second) = (StoreSample.consent("1"), StoreSample.consent("2"))
        _ = try await store.rememberConsent(first).outcome
        try requireEqual(try await store.rememberConsent(second).outcome, .full, "a second consent")
        try require(
            try await store.hasConsent(second.key, now: StoreSample.now) == false,
            "a refused consent was remembered"
        )
        try requireEqual(try await store.rememberConsent(first).outcome, .admitted, "a renewal")
    }

    static func consentExpiry(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        var settings = StoreSettings()
        settings.sessions.consentLifetime = .seconds(100)
        let store = try await makeStore(settings)
        let consent = StoreSample.consent("1")
        _ = try await store.rememberConsent(consent).outcome
        try require(
            try await store.hasConsent(consent.key, now: StoreSample.now + .seconds(99)),
            "a consent ended before its time"
        )
        let end = StoreSample.now + .seconds(100)
        try require(try await store.hasConsent(consent.key, now: end) == false, "a consent outlived its time")
        try requireEqual(try await store.consents(of: consent.userID, now: end), [], "the consents after that time")
    }

    static func consentWithdrawal(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let (user, other) = (StoreSample.user(1), StoreSample.user(2))
        let given = [
            StoreSample.consent("1", userID: user, clientID: "a"),
            StoreSample.consent("2", userID: user, clientID: "a"),
            StoreSample.consent("3", userID: user, clientID: "b"),
            StoreSample.consent("4", userID: user, clientID: "c"),
            StoreSample.consent("5", userID: other, clientID: "a"),
        ]
        for consent in given { _ = try await store.rememberConsent(consent).outcome }
        func withdraw(_ withdrawal: ConsentWithdrawal, count: Int, left: [Int]) async throws {
            try requireEqual(try await store.withdraw(withdrawal).outcome, count, "the number of withdrawn consents")
            var found: [Int] = []
            for (index, consent) in given.enumerated()
            where try await store.hasConsent(consent.key, now: StoreSample.now) {
                found.append(index + 1)
            }
            try requireEqual(found, left, "the consents that are left")
        }
        try await withdraw(ConsentWithdrawal(userID: user, key: given[4].key), count: 0, left: [1, 2, 3, 4, 5])
        try await withdraw(ConsentWithdrawal(userID: user, clientID: "a"), count: 2, left: [3, 4, 5])
        try await withdraw(ConsentWithdrawal(userID: user, clientID: "a"), count: 0, left: [3, 4, 5])
        try await withdraw(ConsentWithdrawal(userID: user, key: given[2].key), count: 1, left: [4, 5])
        try await withdraw(ConsentWithdrawal(userID: user), count: 1, left: [5])
    }
}
