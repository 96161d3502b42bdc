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
        Rule("ST-3: a change has a later position in the journal than the one before", positionsGrow),
    ]

    static func revocation(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let session = try await openSession(1, in: store)
        let other = try await openSession(2, in: store)
        try requireEqual(await store.revoke(session.id).outcome, session, "what a revocation ends")
        try requireEqual(await store.revoke(session.id).outcome, nil, "what a second revocation ends")
        try requireEqual(await store.session(session.id, now: StoreSample.now), nil, "the revoked session")
        let refresh = await store.rotate(StoreSample.use(1, generation: 1), now: StoreSample.now).outcome
        try requireEqual(refresh, .unknown, "the refresh token of a revoked session")
        try requireEqual(await store.session(other.id, now: StoreSample.now), other, "another session")
    }

    static func endings(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let connection = ConnectionID(value: 77)
        let session = try await openSession(1, in: store)
        let untouched = try await openSession(2, in: store)
        var grant = StoreSample.grant(3)
        grant.connections = [connection]
        try requireEqual(
            await store.issueCode(StoreSample.digest("ended"), for: grant, now: StoreSample.now),
            .admitted,
            "a code"
        )
        _ = await store.issueCode(StoreSample.digest("other"), for: StoreSample.grant(4), now: StoreSample.now)
        var pending = StoreSample.pending()
        pending.userID = grant.userID
        pending.connections = [connection]
        let state = StoreSample.digest("state")
        try requireEqual(await store.begin(pending, state: state, now: StoreSample.now), .admitted, "a login")
        let ending = SessionEnding(sessions: [session.id], connections: [connection])
        try requireEqual(await store.end(ending).outcome, 1, "the number of ended sessions")
        try requireEqual(await store.session(session.id, now: StoreSample.now), nil, "the named session")
        let ended = await store.redeem(StoreSample.redemption("ended"), now: StoreSample.now).outcome
        try requireEqual(ended, .unknown, "the code of the ended connection")
        let taken = await store.takePending(
            state: state,
            upstream: pending.upstream,
            binding: pending.binding,
            now: StoreSample.now
        )
        try requireEqual(taken, .unknown, "the login with the ended connection")
        try requireEqual(await store.session(untouched.id, now: StoreSample.now), untouched, "another session")
        let other = await store.redeem(StoreSample.redemption("other"), now: StoreSample.now).outcome
        guard case .redeemed = other else { throw Deviation(text: "another code came to \(other)") }
        let foreign = SessionEnding(connections: [ConnectionID(value: 999)])
        try requireEqual(await store.end(foreign).outcome, 0, "what the end of another connection takes")
    }

    static func redeemedMeanwhile(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        var grant = StoreSample.grant(3)
        grant.connections = [ConnectionID(value: 77)]
        _ = await store.issueCode(StoreSample.digest("code"), for: grant, now: StoreSample.now)
        let outcome = await store.redeem(StoreSample.redemption("code"), now: StoreSample.now).outcome
        guard case .redeemed(let session, _) = outcome else { throw Deviation(text: "redeeming came to \(outcome)") }
        // The caller looked before the redemption, and so names no session.
        let ended = await store.end(SessionEnding(connections: [ConnectionID(value: 77)]))
        try requireEqual(ended.outcome, 1, "the number of ended sessions")
        try requireEqual(await store.session(session.id, now: StoreSample.now), nil, "the session of the code")
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
            _ = await store.begin(pending, state: state, now: StoreSample.now)
            let taken = await store.takePending(
                state: state,
                upstream: pending.upstream,
                binding: pending.binding,
                now: StoreSample.now
            )
            try requireEqual(taken, .taken(pending), "the login")
            let asked: Set<ConnectionID> = [ConnectionID(value: 77), ConnectionID(value: 78)]
            let awaited = await store.awaited(among: asked)
            try requireEqual(awaited, [ConnectionID(value: 77)], "the awaited connections")
            _ = await store.end(ending)
            let expected = ending.sessions == [SessionID(value: 2)] ? StoreAdmission.admitted : .ended
            let leg = await store.begin(pending, state: StoreSample.digest("next"), now: StoreSample.now)
            try requireEqual(leg, expected, "a further leg of the login")
            let code = await store.issueCode(StoreSample.digest("code"), for: StoreSample.grant(), now: StoreSample.now)
            try requireEqual(code, expected, "a code of the login")
        }
    }

    static func awaited(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let (first, second) = (ConnectionID(value: 71), ConnectionID(value: 72))
        var grant = StoreSample.grant(3)
        grant.connections = [first]
        _ = await store.issueCode(StoreSample.digest("code"), for: grant, now: StoreSample.now)
        var pending = StoreSample.pending()
        pending.connections = [second]
        _ = await store.begin(pending, state: StoreSample.digest("state"), now: StoreSample.now)
        let asked = [first, second, ConnectionID(value: 73)] as Set
        try requireEqual(await store.awaited(among: asked), [first, second], "the awaited connections")
        try requireEqual(await store.awaited(among: [second]), [second], "those of one that are awaited")
        _ = await store.redeem(StoreSample.redemption("code"), now: StoreSample.now)
        try requireEqual(await store.awaited(among: asked), [second], "those after the redemption")
    }

    static func sessionsOfUser(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let (first, foreign) = (try await openSession(1, in: store), try await openSession(2, in: store))
        var grant = StoreSample.grant(3)
        grant.userID = first.userID
        _ = await store.issueCode(StoreSample.digest("second"), for: grant, now: StoreSample.now)
        let outcome = await store.redeem(StoreSample.redemption("second"), now: StoreSample.now).outcome
        guard case .redeemed(let second, _) = outcome else { throw Deviation(text: "redeeming came to \(outcome)") }
        let now = StoreSample.now
        let both = Set(await store.sessions(of: first.userID, now: now))
        try requireEqual(both, [first, second], "the sessions of a user")
        try requireEqual(await store.sessions(of: foreign.userID, now: now), [foreign], "those of another")
        _ = await store.revoke(first.id)
        try requireEqual(await store.sessions(of: first.userID, now: now), [second], "those after a revocation")
        let late = await store.sessions(of: first.userID, now: second.expiry)
        try requireEqual(late, [], "those whose time has passed")
    }

    static func inHandBound(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        var settings = StoreSettings()
        settings.limits.pendingAuthorizationsMax = 1
        let store = try await makeStore(settings)
        let (first, second) = (StoreSample.pending(1), StoreSample.pending(2))
        func take(_ login: PendingAuthorization, _ state: String) async -> PendingOutcome {
            await store.takePending(
                state: StoreSample.digest(state),
                upstream: login.upstream,
                binding: login.binding,
                now: StoreSample.now
            )
        }
        _ = await store.begin(first, state: StoreSample.digest("first"), now: StoreSample.now)
        try requireEqual(await take(first, "first"), .taken(first), "the first login")
        _ = await store.begin(second, state: StoreSample.digest("second"), now: StoreSample.now)
        try requireEqual(await take(second, "second"), .full, "the second login, at the bound")
        await store.abandon(first.sessionID)
        try requireEqual(await take(second, "second"), .taken(second), "the second login, once there is room")
    }

    static func consents(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let key = StoreSample.digest("user 1, client A")
        try require(await store.hasConsent(key) == false, "a consent was there before it was given")
        let admission = await store.rememberConsent(key, now: StoreSample.now).outcome
        try requireEqual(admission, .admitted, "the admission of a consent")
        try require(await store.hasConsent(key), "a consent was forgotten")
        let other = await store.hasConsent(StoreSample.digest("user 1, client B"))
        try require(!other, "a consent was found for something else")
    }

    static func consentBound(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        var settings = StoreSettings()
        settings.limits.consentsMax = 1
        let store = try await makeStore(settings)
        let (first, second) = (StoreSample.digest("1"), StoreSample.digest("2"))
        _ = await store.rememberConsent(first, now: StoreSample.now)
        try requireEqual(await store.rememberConsent(second, now: StoreSample.now).outcome, .full, "a second consent")
        try require(await store.hasConsent(second) == false, "a refused consent was remembered")
        try requireEqual(await store.rememberConsent(first, now: StoreSample.now).outcome, .admitted, "a renewal")
    }

    static func positionsGrow(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        await issue("code", in: store)
        let redeemed = await store.redeem(StoreSample.redemption("code"), now: StoreSample.now)
        let rotated = await store.rotate(StoreSample.use(generation: 1), now: StoreSample.now)
        let repeated = await store.rotate(StoreSample.use(generation: 1), now: StoreSample.now)
        let revoked = await store.revoke(SessionID(value: 1))
        try require(redeemed.position < rotated.position, "a rotation does not come after the redemption")
        // What a repetition hands out must be as durable as what the rotation did.
        try require(
            repeated.position >= rotated.position,
            "a repetition may be answered before its rotation is durable"
        )
        try require(rotated.position < revoked.position, "a revocation does not come after the rotation")
        let unknown = await store.rotate(StoreSample.use(generation: 2), now: StoreSample.now)
        try require(unknown.position >= revoked.position, "a refusal may be answered before its cause is durable")
    }
}
