import OAuthProtocol
import OAuthState
import OpenSSLCrypto

/// RFC 7009: revocation by the client, of a session or of a single access token.
extension AuthorizationStoreConformance {
    static let accessTokenRules: [Rule] = [
        Rule("RV-1, D-47: a client ends its own session, and another client's stays", revocationByClient),
        Rule(
            "RV-2: a revoked access token is refused; its session, its siblings and others remain valid",
            tokenRevocation
        ),
        Rule("RV-2: the access tokens of a session that is over are refused", tokensOfRevokedSession),
        Rule("CC-1: a token without session is valid until it is revoked", tokensWithoutSession),
        Rule("ST-5: at the bound of revoked tokens one more is refused, not forgotten", revocationBound),
        Rule("D-80, RV-2: a session that revokes too many of its tokens ends; others do not notice", revocationShare),
        Rule(
            "D-80, RV-2: at the bound of sessions' tokens their session ends, and clients' own have room",
            sessionShare
        ),
    ]

    private static func token(_ name: String, of session: Session?) -> AccessTokenReference {
        AccessTokenReference(tokenID: name, sessionID: session?.id)
    }

    static func revocationByClient(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let session = try await openSession(1, in: store)
        let foreign = try await store.revoke(session.id, for: "dcr_other").outcome
        try requireEqual(foreign, .wrongClient, "another client's revocation")
        try requireEqual(try await store.session(session.id, now: StoreSample.now), session, "the session after it")
        let own = try await store.revoke(session.id, for: StoreSample.clientID).outcome
        try requireEqual(own, .revoked(session), "the client's own revocation")
        try requireEqual(try await store.session(session.id, now: StoreSample.now), nil, "the revoked session")
        let again = try await store.revoke(session.id, for: StoreSample.clientID).outcome
        try requireEqual(again, .unknown, "a second revocation")
    }

    static func tokenRevocation(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let session = try await openSession(1, in: store)
        let (revoked, sibling) = (token("1", of: session), token("2", of: session))
        let live = try await store.standing(of: revoked, now: StoreSample.now)
        try requireEqual(live, .session(session), "a token before its revocation")
        let expiry = StoreSample.now + .seconds(3600)
        let admission = try await store.revokeAccessToken(revoked, expiry: expiry, now: StoreSample.now).outcome
        try requireEqual(admission, .revoked, "the revocation of a token")
        for moment in [StoreSample.now, StoreSample.now + .seconds(3599)] {
            try requireEqual(try await store.standing(of: revoked, now: moment), .revoked, "the revoked token")
        }
        let standing = try await store.standing(of: sibling, now: StoreSample.now)
        try requireEqual(standing, .session(session), "another token of the session")
        let refresh = try await store.rotate(StoreSample.use(1, generation: 1), now: StoreSample.now).outcome
        guard case .rotated = refresh else { throw Deviation(text: "the refresh token came to \(refresh)") }
    }

    static func tokensOfRevokedSession(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let (session, other) = (try await openSession(1, in: store), try await openSession(2, in: store))
        _ = try await store.revoke(session.id).outcome
        let gone = try await store.standing(of: token("1", of: session), now: StoreSample.now)
        try requireEqual(gone, .revoked, "a token of a revoked session")
        let stays = try await store.standing(of: token("2", of: other), now: StoreSample.now)
        try requireEqual(stays, .session(other), "a token of another session")
        let late = try await store.standing(of: token("2", of: other), now: other.absoluteExpiry)
        try requireEqual(late, .revoked, "a token of a session past its time")
    }

    static func tokensWithoutSession(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let reference = token("1", of: nil)
        let before = try await store.standing(of: reference, now: StoreSample.now)
        try requireEqual(before, .withoutSession, "a client's own token")
        let expiry = StoreSample.now + .seconds(3600)
        _ = try await store.revokeAccessToken(reference, expiry: expiry, now: StoreSample.now).outcome
        let after = try await store.standing(of: reference, now: StoreSample.now)
        try requireEqual(after, .revoked, "it after its revocation")
    }

    static func revocationBound(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        var settings = StoreSettings()
        settings.limits.revokedAccessTokensMax = 1
        let store = try await makeStore(settings)
        let (first, second) = (token("1", of: nil), token("2", of: nil))
        let expiry = StoreSample.now + .seconds(3600)
        _ = try await store.revokeAccessToken(first, expiry: expiry, now: StoreSample.now).outcome
        let refused = try await store.revokeAccessToken(second, expiry: expiry, now: StoreSample.now).outcome
        try requireEqual(refused, .full, "a revocation beyond the bound")
        let repeated = try await store.revokeAccessToken(first, expiry: expiry, now: StoreSample.now).outcome
        try requireEqual(repeated, .revoked, "a repeated revocation at the bound")
        try requireEqual(try await store.standing(of: first, now: StoreSample.now), .revoked, "the first token")
        // Room comes back when revoked tokens have expired.
        let later = expiry + .seconds(7200)
        let admitted = try await store.revokeAccessToken(second, expiry: later, now: later).outcome
        try requireEqual(admitted, .revoked, "a revocation after others have expired")
    }

    static func revocationShare(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        var settings = StoreSettings()
        settings.limits.revokedAccessTokensPerSessionMax = 2
        let store = try await makeStore(settings)
        let (session, other) = (try await openSession(1, in: store), try await openSession(2, in: store))
        let expiry = StoreSample.now + .seconds(3600)
        func revoke(_ name: String, of session: Session) async throws -> AccessTokenRevocation {
            try await store.revokeAccessToken(token(name, of: session), expiry: expiry, now: StoreSample.now).outcome
        }
        for name in ["1", "2", "2"] {
            try requireEqual(try await revoke(name, of: session), .revoked, "a revocation within the share")
        }
        let standing = try await store.standing(of: token("3", of: session), now: StoreSample.now)
        try requireEqual(standing, .session(session), "the session within its share")
        let ended = try await revoke("3", of: session)
        try requireEqual(ended, .sessionEnded(session), "a revocation beyond the share")
        for name in ["1", "3", "4"] {
            let standing = try await store.standing(of: token(name, of: session), now: StoreSample.now)
            try requireEqual(standing, .revoked, "token \(name) of the session that ended")
        }
        try requireEqual(try await revoke("3", of: session), .revoked, "the same once more")
        try requireEqual(try await revoke("5", of: other), .revoked, "another session's token")
        try requireEqual(try await store.session(other.id, now: StoreSample.now), other, "another session")
    }

    static func sessionShare(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        var settings = StoreSettings()
        settings.limits.revokedAccessTokensOfSessionsMax = 1
        settings.limits.revokedAccessTokensMax = 2
        let store = try await makeStore(settings)
        let (first, second) = (try await openSession(1, in: store), try await openSession(2, in: store))
        let expiry = StoreSample.now + .seconds(3600)
        func revoke(_ name: String, of session: Session?) async throws -> AccessTokenRevocation {
            try await store.revokeAccessToken(token(name, of: session), expiry: expiry, now: StoreSample.now).outcome
        }
        try requireEqual(await revoke("1", of: first), .revoked, "a revocation")
        try requireEqual(await revoke("2", of: second), .sessionEnded(second), "one of a session without room")
        try requireEqual(await revoke("3", of: nil), .revoked, "a client's own token")
        try requireEqual(await revoke("4", of: nil), .full, "one more")
        let third = try await openSession(3, in: store)
        try requireEqual(await revoke("5", of: third), .sessionEnded(third), "a session's token in a full table")
        // Room comes back when revoked tokens have expired.
        let fourth = try await openSession(4, in: store)
        let later = expiry + .seconds(60)
        let reference = token("6", of: fourth)
        let admitted = try await store.revokeAccessToken(reference, expiry: later + .seconds(60), now: later).outcome
        try requireEqual(admitted, .revoked, "a revocation after others have expired")
    }
}
