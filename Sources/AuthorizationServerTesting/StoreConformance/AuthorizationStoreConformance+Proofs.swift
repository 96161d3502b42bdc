import OAuthProtocol
import OAuthState

/// RFC 9449 §5 and §10: codes and refresh tokens that are bound to a key.
extension AuthorizationStoreConformance {
    static let proofRules: [Rule] = [
        Rule("RFC 9449 §10: a code with a key is redeemed with that key only", boundCode),
        Rule("RFC 9449 §5, DP-4: a bound session needs its key and does not rotate", boundSession),
        Rule("RFC 9449 §5: a use without the key changes nothing, also within the grace", wrongKeyChangesNothing),
        Rule("RFC 9449 §5, TK-9: a bearer token from before the binding is found to be reused", reuseAfterBinding),
        Rule("RFC 9449 §5: the first refresh with a key binds a bearer session, and rotates once more", laterBinding),
        Rule("RFC 9449 §5: a session of a client that authenticates is bound to no key", confidentialSession),
        Rule("TK-16: a binding that is taken back leaves the session as it was", bindingTakenBack),
    ]

    private static let key = KeyThumbprint(digest: StoreSample.digest("key"))
    private static let otherKey = KeyThumbprint(digest: StoreSample.digest("another key"))

    private static func use(_ generation: UInt32, _ key: KeyThumbprint?, rotates: Bool = true) -> RefreshTokenUse {
        var use = StoreSample.use(generation: generation, rotates: rotates)
        use.key = key
        return use
    }

    private static func redemption(_ code: String, _ key: KeyThumbprint?, binds: Bool = true) -> CodeRedemption {
        var redemption = StoreSample.redemption(code)
        (redemption.key, redemption.bindsSession) = (key, binds)
        return redemption
    }

    private static func session(
        in store: any AuthorizationStore,
        boundTo key: KeyThumbprint?,
        binds: Bool = true
    ) async throws -> Session {
        let code = StoreSample.digest("code")
        _ = try await store.issueCode(code, for: StoreSample.grant(), now: StoreSample.now).outcome
        let outcome = try await store.redeem(redemption("code", key, binds: binds), now: StoreSample.now).outcome
        guard case .redeemed(let session, _) = outcome else { throw Deviation(text: "the code came to \(outcome)") }
        return session
    }

    static func boundCode(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        var grant = StoreSample.grant()
        grant.request.boundKey = key
        _ = try await store.issueCode(StoreSample.digest("code"), for: grant, now: StoreSample.now).outcome
        for wrong in [nil, otherKey] {
            let outcome = try await store.redeem(redemption("code", wrong), now: StoreSample.now).outcome
            try requireEqual(outcome, .mismatch(.key), "a redemption without the code's key")
        }
        let outcome = try await store.redeem(redemption("code", key), now: StoreSample.now).outcome
        guard case .redeemed(let session, _) = outcome else { throw Deviation(text: "the key came to \(outcome)") }
        try requireEqual(session.boundKey, key, "the session's key")
    }

    static func boundSession(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let session = try await session(in: store, boundTo: key)
        try requireEqual(session.boundKey, key, "the key of a new session")
        for _ in 0..<3 {
            let outcome = try await store.rotate(use(1, key), now: StoreSample.now).outcome
            guard case .rotated(let after) = outcome, after.generation == 1, after.boundKey == key else {
                throw Deviation(text: "a refresh with the key came to \(outcome)")
            }
        }
        let kept = try await store.session(session.id, now: StoreSample.now)
        try requireEqual(kept?.boundKey, key, "the key that is kept")
    }

    static func wrongKeyChangesNothing(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        _ = try await session(in: store, boundTo: nil)
        for generation in UInt32(1)...2 {
            _ = try await store.rotate(use(generation, nil), now: StoreSample.now).outcome
        }
        let bound = try await store.rotate(use(3, key), now: StoreSample.now).outcome
        guard case .rotated(let session) = bound else { throw Deviation(text: "the binding came to \(bound)") }
        // The predecessor, the current one, and one that was never issued.
        for generation in UInt32(3)...5 {
            for wrong in [nil, otherKey] {
                let outcome = try await store.rotate(use(generation, wrong), now: StoreSample.now).outcome
                try requireEqual(outcome, .wrongKey, "generation \(generation) without the key")
            }
        }
        let kept = try await store.session(session.id, now: StoreSample.now)
        try requireEqual(kept, session, "the session afterwards")
    }

    // A thief who binds a stolen bearer token to his own key must not escape detection by that.
    static func reuseAfterBinding(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let afterGrace = StoreSample.now + StoreSettings().sessions.refreshReuseGrace
        for (generation, moment) in [(UInt32(1), StoreSample.now), (2, afterGrace)] {
            for shown in [nil, otherKey] {
                let store = try await makeStore(StoreSettings())
                let session = try await session(in: store, boundTo: nil)
                _ = try await store.rotate(use(1, nil), now: StoreSample.now).outcome
                _ = try await store.rotate(use(2, key), now: StoreSample.now).outcome
                let outcome = try await store.rotate(use(generation, shown), now: moment).outcome
                guard case .reused(let ended) = outcome, ended.id == session.id else {
                    throw Deviation(text: "generation \(generation) from before the binding came to \(outcome)")
                }
                try requireEqual(try await store.session(session.id, now: moment), nil, "the session afterwards")
            }
        }
    }

    static func laterBinding(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let session = try await session(in: store, boundTo: nil)
        try requireEqual(session.boundKey, nil, "the key of a bearer session")
        let outcome = try await store.rotate(use(1, key), now: StoreSample.now).outcome
        guard case .rotated(let after) = outcome, after.generation == 2, after.boundKey == key else {
            throw Deviation(text: "the first refresh with a key came to \(outcome)")
        }
        // The client whose answer was lost has the key; a thief of the predecessor does not.
        let repeated = try await store.rotate(use(1, key), now: StoreSample.now).outcome
        try requireEqual(repeated, .repeated(after), "the predecessor with the key")
        let stolen = try await store.rotate(use(1, nil), now: StoreSample.now).outcome
        try requireEqual(stolen, .wrongKey, "the predecessor without the key")
    }

    static func confidentialSession(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let session = try await session(in: store, boundTo: key, binds: false)
        try requireEqual(session.boundKey, nil, "the key of a new session")
        for each in [key, otherKey, nil] {
            let outcome = try await store.rotate(use(1, each, rotates: false), now: StoreSample.now).outcome
            guard case .rotated(let after) = outcome, after.boundKey == nil else {
                throw Deviation(text: "a refresh of a client that authenticates came to \(outcome)")
            }
        }
    }

    static func bindingTakenBack(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        _ = try await session(in: store, boundTo: nil)
        await (try await store.rotate(use(1, key), now: StoreSample.now)).failAnswering()
        let again = try await store.rotate(use(1, nil), now: StoreSample.now).outcome
        guard case .rotated(let after) = again, after.boundKey == nil, after.generation == 2 else {
            throw Deviation(text: "the refresh after a binding that was taken back came to \(again)")
        }
    }
}
