import OAuthProtocol
import OAuthState

extension SignalStoreConformance {
    static let endingRules: [Rule] = [
        Rule("SSF 1.0: every way in which a session ends is in the log, once, in its order", endings),
        Rule("SSF 1.0: agents end with the session that they belong to", agents),
        Rule("RFC 7009: a single revoked token is in the log with its identifier", tokens),
        Rule("SSF 1.0: a session that makes room for another is in the log, unless that is taken back", eviction),
        Rule("SSF 1.0: nothing is logged without the setting", off),
        Rule("RFC 8936: the log is read in pages, without a gap, while 64 sessions end at once", pages),
    ]

    static func endings(_ makeStores: StoreFactory<SignalStores>) async throws {
        let stores = try await makeStores(settings())
        let store = stores.authorization
        var sessions: [Session] = []
        for number in UInt64(1)...5 {
            sessions.append(try await AuthorizationStoreConformance.openSession(number, in: store))
        }
        _ = try await store.revoke(sessions[0].id).outcome
        _ = try await store.revoke(sessions[0].id).outcome
        _ = try await store.revoke(sessions[1].id, for: "dcr_other").outcome
        _ = try await store.revoke(sessions[1].id, for: StoreSample.clientID).outcome
        _ = try await store.end(SessionEnding(sessions: [sessions[2].id, SessionID(value: 99)])).outcome
        let reuse = StoreSample.use(4, generation: 7)
        let reused = try await store.rotate(reuse, now: StoreSample.now).outcome
        guard case .reused = reused else { throw Deviation(text: "a token that was never issued came to \(reused)") }
        let replay = StoreSample.redemption("code of session 5")
        let replayed = try await store.redeem(replay, now: StoreSample.now).outcome
        try requireEqual(replayed, .replayed(sessions[4].id), "a replayed code")
        let found = try await page(stores)
        try requireEqual(
            found.endings.map(\.subject),
            sessions.map { .session($0.id, $0.userID) },
            "the log"
        )
        try requireEqual(Set(found.endings.map(\.resource)), [StoreSample.resource], "the resources")
        try requireEqual(try await stores.signals.endings.lastEnding(), found.reached, "the last number")
        try requireEqual(found.hasMore, false, "whether there is more")
        try requireEqual(found.loss, nil, "what was lost")
    }

    static func agents(_ makeStores: StoreFactory<SignalStores>) async throws {
        let stores = try await makeStores(settings())
        let store = stores.authorization
        let parent = try await AuthorizationStoreConformance.openSession(1, in: store)
        let child = AuthorizationStoreConformance.agent(100, parent: parent)
        let own = AuthorizationStoreConformance.agent(101, parent: nil, of: parent.userID)
        for agent in [child, own] { _ = try await store.startAgent(agent, now: StoreSample.now).outcome }
        _ = try await store.revoke(parent.id).outcome
        try requireEqual(
            Set(try await subjects(stores)),
            [.session(parent.id, parent.userID), .session(child.id, parent.userID)],
            "what ended"
        )
    }

    static func tokens(_ makeStores: StoreFactory<SignalStores>) async throws {
        let stores = try await makeStores(settings())
        let store = stores.authorization
        let session = try await AuthorizationStoreConformance.openSession(1, in: store)
        let expiry = StoreSample.now + .seconds(600)
        let references = [
            AccessTokenReference(tokenID: "one", sessionID: session.id, audience: StoreSample.resource),
            AccessTokenReference(tokenID: "two", sessionID: nil, audience: "https://other.example/mcp"),
            AccessTokenReference(tokenID: "one", sessionID: session.id, audience: StoreSample.resource),
            AccessTokenReference(tokenID: "unnamed", sessionID: nil),
        ]
        for reference in references {
            _ = try await store.revokeAccessToken(reference, expiry: expiry, now: StoreSample.now).outcome
        }
        let endings = try await page(stores).endings
        try requireEqual(endings.map(\.subject), [.accessToken("one"), .accessToken("two")], "the log")
        try requireEqual(endings.map(\.resource), [StoreSample.resource, "https://other.example/mcp"], "the resources")
        try requireEqual(Set(endings.map(\.expiry)), [expiry + Ending.skew], "until when they are kept")
    }

    static func eviction(_ makeStores: StoreFactory<SignalStores>) async throws {
        let stores = try await makeStores(settings { $0.limits.sessionsPerUserAndClientMax = 1 })
        let store = stores.authorization
        var grant = StoreSample.grant(2)
        grant.userID = StoreSample.user(1)
        let first = try await AuthorizationStoreConformance.openSession(1, in: store)
        for code in ["lost", "kept"] {
            _ = try await store.issueCode(StoreSample.digest(code), for: grant, now: StoreSample.now).outcome
        }
        let lost = try await store.redeem(StoreSample.redemption("lost"), now: StoreSample.now)
        await lost.failAnswering()
        try requireEqual(try await store.session(first.id, now: StoreSample.now), first, "the session that lives on")
        try requireEqual(try await subjects(stores), [], "the log after a redemption was taken back")
        _ = try await store.redeem(StoreSample.redemption("kept"), now: StoreSample.now).outcome
        try requireEqual(try await subjects(stores), [.session(first.id, first.userID)], "the log after another one")
    }

    static func off(_ makeStores: StoreFactory<SignalStores>) async throws {
        let stores = try await makeStores(StoreSettings())
        let session = try await AuthorizationStoreConformance.openSession(1, in: stores.authorization)
        let token = AccessTokenReference(tokenID: "one", sessionID: session.id, audience: StoreSample.resource)
        let expiry = StoreSample.now + .seconds(600)
        _ = try await stores.authorization.revokeAccessToken(token, expiry: expiry, now: StoreSample.now).outcome
        _ = try await stores.authorization.revoke(session.id).outcome
        try requireEqual(try await subjects(stores), [], "the log")
        try requireEqual(try await stores.signals.endings.lastEnding(), 0, "the last number")
    }

    static func pages(_ makeStores: StoreFactory<SignalStores>) async throws {
        let stores = try await makeStores(settings())
        for racer in 0..<StoreSample.racerCount {
            _ = try await AuthorizationStoreConformance.openSession(UInt64(racer + 1), in: stores.authorization)
        }
        _ = try await race { racer in
            try await stores.authorization.revoke(SessionID(value: Bits128(UInt64(racer + 1)))).outcome
        }
        var found: Set<Ending.Subject> = []
        var reached: UInt64 = 0
        while true {
            let page = try await page(stores, after: reached, limit: 10)
            try require(page.endings.count <= 10, "a page has \(page.endings.count) endings")
            let numbers = page.endings.map(\.sequence)
            try require(numbers == numbers.sorted() && (numbers.first ?? .max) > reached, "the order is \(numbers)")
            found.formUnion(page.endings.map(\.subject))
            reached = page.reached
            guard page.hasMore else { break }
        }
        try requireEqual(found.count, StoreSample.racerCount, "the number of endings")
        let rest = try await page(stores, after: reached)
        try requireEqual(rest.endings, [], "what is left after the last page")
        try requireEqual(rest.reached, reached, "what is reached without a new ending")
    }
}
