import OAuthProtocol
import OAuthState
import OpenSSLCrypto

/// Consent tickets and logins under way at upstream providers (CO-3).
extension AuthorizationStoreConformance {
    static let loginRules: [Rule] = [
        Rule("CO-3: of 64 who race with one consent ticket, one is approved", ticketsAreSingleUse),
        Rule("CO-3: at the bound of tickets a new one is refused, and admitted when others have expired", ticketBound),
        Rule("CO-3, D-53: a login is taken once, as it was kept", loginsAreTakenOnce),
        Rule("D-53: of 64 callbacks that race with one state, one takes the login", loginsAreTakenByOne),
        Rule("D-51: a wrong browser, or one without cookie, leaves the login to the right one", wrongBrowser),
        Rule("D-65: another provider's callback leaves the login to the right one", wrongUpstream),
        Rule("CO-3, AZ-20: an expired login is unknown", expiredLogin),
        Rule("ST-5: at the bound of logins a new one is refused until others have expired", loginBound),
    ]

    static func ticketsAreSingleUse(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let (ticket, now) = (StoreSample.digest("ticket"), StoreSample.now)
        let outcomes = try await race { _ in
            try await store.consumeOnce(ticket, until: now + .seconds(600), now: now).outcome
        }
        try requireEqual(outcomes.count { $0 == .consumed }, 1, "the number of approvals")
        try requireEqual(outcomes.count { $0 == .alreadyUsed }, outcomes.count - 1, "the number of refusals")
        let other = try await store.consumeOnce(StoreSample.digest("other"), until: now + .seconds(600), now: now)
            .outcome
        try requireEqual(other, .consumed, "the approval of another ticket")
    }

    static func ticketBound(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        var settings = StoreSettings()
        settings.limits.approvedTicketsMax = 2
        settings.limits.pendingAuthorizationsMax = 1
        let store = try await makeStore(settings)
        let now = StoreSample.now
        func approve(_ label: String, at moment: Timestamp) async throws -> TicketConsumption {
            try await store.consumeOnce(StoreSample.digest(label), until: now + .seconds(600), now: moment).outcome
        }
        try requireEqual(await approve("1", at: now), .consumed, "the first ticket")
        try requireEqual(await approve("2", at: now), .consumed, "the second ticket")
        try requireEqual(await approve("3", at: now), .full, "a third ticket at a bound of two")
        try requireEqual(await approve("1", at: now), .alreadyUsed, "a used ticket at the bound")
        let later = try await store.consumeOnce(
            StoreSample.digest("4"),
            until: now + .seconds(1200),
            // A store may forget them a minute late.
            now: now + .seconds(660)
        ).outcome
        try requireEqual(later, .consumed, "a ticket when the others have expired")
    }

    static func loginsAreTakenOnce(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let pending = StoreSample.pending()
        try requireEqual(await begin(pending, in: store), .admitted, "the admission of a login")
        try requireEqual(await take(from: store, state: "another state"), .unknown, "a state that was never made")
        try requireEqual(await take(from: store), .taken(pending), "the right callback")
        try requireEqual(await take(from: store), .unknown, "the same callback again")
    }

    static func loginsAreTakenByOne(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        _ = try await begin(StoreSample.pending(), in: store)
        let outcomes = try await race { _ in try await take(from: store) }
        try requireEqual(outcomes.count { $0 == .taken(StoreSample.pending()) }, 1, "the number of takers")
        try requireEqual(outcomes.count { $0 == .unknown }, outcomes.count - 1, "the number of refusals")
    }

    static func wrongBrowser(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        _ = try await begin(StoreSample.pending(), in: store)
        for _ in 0..<10 {
            try requireEqual(await take(from: store, browser: "attacker"), .wrongBrowser, "the wrong browser")
            try requireEqual(await take(from: store, browser: nil), .wrongBrowser, "a browser without cookie")
        }
        try requireEqual(await take(from: store), .taken(StoreSample.pending()), "the right browser afterwards")
    }

    static func wrongUpstream(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        _ = try await begin(StoreSample.pending(), in: store)
        try requireEqual(await take(from: store, upstream: "corp"), .wrongUpstream, "another provider's callback")
        try requireEqual(await take(from: store), .taken(StoreSample.pending()), "the right provider afterwards")
    }

    static func expiredLogin(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let expiry = StoreSample.pending().expiry
        _ = try await begin(StoreSample.pending(), in: store)
        try requireEqual(await take(from: store, now: expiry), .unknown, "a callback at the expiry")
        let punctual = try await makeStore(StoreSettings())
        _ = try await begin(StoreSample.pending(), in: punctual)
        let taken = try await take(from: punctual, now: expiry - .milliseconds(1))
        try requireEqual(taken, .taken(StoreSample.pending()), "a callback just before the expiry")
    }

    static func loginBound(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        var settings = StoreSettings()
        settings.limits.pendingAuthorizationsMax = 2
        let store = try await makeStore(settings)
        try requireEqual(await begin(StoreSample.pending(1), state: "1", in: store), .admitted, "the first login")
        try requireEqual(await begin(StoreSample.pending(2), state: "2", in: store), .admitted, "the second login")
        try requireEqual(await begin(StoreSample.pending(3), state: "3", in: store), .full, "a third at a bound of two")
        try requireEqual(await take(from: store, state: "3"), .unknown, "the refused login")
        try requireEqual(await take(from: store, state: "1"), .taken(StoreSample.pending(1)), "a kept login")
        try requireEqual(
            await begin(StoreSample.pending(4), state: "4", in: store),
            .admitted,
            "a login after one was taken"
        )
        let later = StoreSample.now + PendingLogin.lifetime
        let pending = StoreSample.pending(5, expiry: later + PendingLogin.lifetime)
        let admission = try await begin(pending, state: "5", in: store, now: later)
        try requireEqual(admission, .admitted, "a login when the others have expired")
    }

    // MARK: - Steps

    private static func begin(
        _ pending: PendingLogin,
        state: String = "state",
        in store: any AuthorizationStore,
        now: Timestamp = StoreSample.now
    ) async throws -> StoreAdmission {
        try await store.begin(pending, state: StoreSample.digest(state), now: now).outcome
    }

    private static func take(
        from store: any AuthorizationStore,
        state: String = "state",
        upstream: String = "github",
        browser: String? = "browser",
        now: Timestamp = StoreSample.now
    ) async throws -> PendingOutcome {
        try await store.takePending(
            state: StoreSample.digest(state),
            upstream: upstream,
            binding: browser.map(StoreSample.digest),
            now: now
        ).outcome
    }
}
