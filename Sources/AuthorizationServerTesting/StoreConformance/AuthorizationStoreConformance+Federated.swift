import OAuthProtocol
import OAuthState

/// Sessions of users whom another issuer vouches for.
extension AuthorizationStoreConformance {
    static let federatedRules: [Rule] = [
        Rule("JB-8: a session without a login exists from its start, and can be revoked", started),
        Rule("TK-16: a session whose tokens could not leave is taken back", startTakenBack),
        Rule("ST-5: at the bound of sessions none is started", startBound),
    ]

    private static func session(_ number: UInt64) -> Session {
        Session(
            id: SessionID(value: Bits128(high: 9, low: number)),
            userID: StoreSample.grant(number).userID,
            clientID: StoreSample.clientID,
            scopes: StoreSample.scopes,
            resource: StoreSample.resource,
            connections: [],
            authenticatedAt: nil,
            absoluteExpiry: StoreSample.now + .seconds(3600),
            idleExpiry: StoreSample.now + .seconds(3600),
            generation: 0,
            rotatedAt: StoreSample.now,
            isFederated: true
        )
    }

    static func started(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let session = session(1)
        try requireEqual(try await store.start(session, now: StoreSample.now).outcome, .admitted, "the start")
        let found = try await store.session(session.id, now: StoreSample.now)
        try requireEqual(found, session, "the started session")
        try requireEqual(found?.isFederated, true, "its mark")
        try requireEqual(try await store.revoke(session.id).outcome, session, "what a revocation ends")
        try requireEqual(try await store.session(session.id, now: StoreSample.now), nil, "the revoked session")
    }

    static func startTakenBack(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let receipt = try await store.start(session(1), now: StoreSample.now)
        do throws(StoreError) {
            try await receipt.answering { (_) throws(StoreError) in throw StoreError.unavailable }
        } catch {
            try requireEqual(error, .unavailable, "the failed answer")
        }
        try requireEqual(try await store.session(session(1).id, now: StoreSample.now), nil, "the session")
    }

    static func startBound(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        var settings = StoreSettings()
        settings.limits.sessionsMax = 1
        let store = try await makeStore(settings)
        try requireEqual(try await store.start(session(1), now: StoreSample.now).outcome, .admitted, "the first")
        try requireEqual(try await store.start(session(2), now: StoreSample.now).outcome, .full, "the second")
    }
}
