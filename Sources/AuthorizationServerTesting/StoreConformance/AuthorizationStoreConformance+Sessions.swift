import OAuthProtocol
import OAuthState
import OpenSSLCrypto

/// Revocation and remembered consents.
extension AuthorizationStoreConformance {
    static let sessionRules: [Rule] = [
        Rule("RV-2: a revoked session is gone, with its refresh tokens, and others live", revocation),
        Rule("CO-1, D-55: a consent is remembered for exactly what it was given for", consents),
        Rule("DESIGN §2: at the bound of consents a new one is not remembered, an old one is renewed", consentBound),
        Rule("DESIGN §3: a change has a later position in the journal than the one before", positionsGrow),
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
