import OAuthProtocol
import OAuthState

/// RFC 6749 §6 towards providers: what a refresh may replace (VT-4, VR-3).
extension VaultStoreConformance {
    static let refreshRules: [Rule] = [
        Rule("VT-4: a refresh replaces what the provider sent and keeps what it left out", refreshReplaces),
        Rule("VT-4: of 64 refreshes of one version that race, one is kept", oneRefreshWins),
        Rule("VT-4: a refresh that was overtaken by a login does not win", staleRefreshLoses),
        Rule("a refresh of an erased connection does not bring it back", refreshOfNothing),
        Rule("VT-2, LO-1: a refresh that was under way does not bring a revoked connection back", refreshOfTheRevoked),
        Rule("UP-2: another account's tokens are kept, and the connection is not active", anotherAccountsTokens),
        Rule("a mark applies only to the version that it is about", marks),
        Rule("LO-1: no mark brings a connection back that a logout at the provider ended", markOfTheRevoked),
        Rule("a refresh token that the provider called dead is erased, and no login revives it", deadRefreshTokens),
    ]

    static func refreshReplaces(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let first = try await connection(in: store)
        let moment = StoreSample.now + .seconds(60)
        var refresh = refresh(of: first, "access 2")
        refresh.accessTokenExpiry = moment + .seconds(3600)
        let second = try kept(try await store.replace(refresh, now: moment).outcome)
        try require(
            second.tokens == StoreSample.tokens("access 2", refresh: "refresh 1", id: "id 1"),
            "a token that the refresh left out was lost"
        )
        try requireEqual(second.scopes, first.scopes, "the scopes that the refresh left out")
        try requireEqual(second.accessTokenExpiry, moment + .seconds(3600), "the new expiry")
        try requireEqual(second.refreshedAt, moment, "the time of the refresh")
        try requireEqual(second.obtainedAt, first.obtainedAt, "the time of the login")
        var rotated = self.refresh(of: second, "access 3")
        rotated.tokens.refreshToken = Array("refresh 2".utf8)
        rotated.scopes = ScopeSet(["repo", "gist"])
        let third = try kept(try await store.replace(rotated, now: moment).outcome)
        try require(third.tokens.refreshToken == Array("refresh 2".utf8), "a rotated refresh token was lost")
        try requireEqual(third.scopes, ScopeSet(["repo", "gist"]), "the new scopes")
        try requireEqual(third.accessTokenExpiry, nil, "an expiry that the provider did not state")
        try requireEqual(try await store.connection(first.id), third, "the connection that is kept")
    }

    static func oneRefreshWins(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let first = try await connection(in: store)
        let outcomes = try await race { racer in
            try await store.replace(refresh(of: first, "access of racer \(racer)"), now: StoreSample.now).outcome
        }
        let winners = outcomes.filter { if case .stored = $0 { true } else { false } }
        try requireEqual(winners.count, 1, "the number of refreshes that were kept")
        guard let winner = winners.first, case .stored(let connection) = winner else { return }
        try requireEqual(try await store.connection(first.id), connection, "the connection that is kept")
        try requireEqual(outcomes.count { $0 == .superseded(connection) }, outcomes.count - 1, "the number of losers")
    }

    static func staleRefreshLoses(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let first = try await connection(in: store)
        let login = StoreSample.draft(first.userID, tokens: StoreSample.tokens("access 2", refresh: "refresh 2"))
        let second = try await connect(login, candidate: 2, in: store)
        let outcome = try await store.replace(refresh(of: first, "stale"), now: StoreSample.now).outcome
        try requireEqual(outcome, .superseded(second), "a refresh that was overtaken")
        try requireEqual(try await store.connection(first.id), second, "the connection that is kept")
    }

    static func refreshOfNothing(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let first = try await connection(in: store)
        _ = try await store.disconnect(first.id).outcome
        let outcome = try await store.replace(refresh(of: first, "late"), now: StoreSample.now).outcome
        try requireEqual(outcome, .superseded(nil), "a refresh of an erased connection")
        try requireEqual(try await store.connection(first.id), nil, "the erased connection")
    }

    static func refreshOfTheRevoked(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let first = try await connection(in: store)
        _ = try await store.mark(first.id, version: first.version, .revoked, reason: "logged_out_at_provider").outcome
        let revoked = try await store.connection(first.id)
        let outcome = try await store.replace(refresh(of: first, "late"), now: StoreSample.now).outcome
        try requireEqual(outcome, .superseded(revoked), "a refresh of a revoked connection")
        try requireEqual(try await store.connection(first.id)?.status, .revoked, "the status after it")
    }

    static func anotherAccountsTokens(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let first = try await connection(in: store)
        var refresh = refresh(of: first, "of someone else")
        refresh.belongsToAnotherAccount = true
        let second = try kept(try await store.replace(refresh, now: StoreSample.now).outcome)
        try requireEqual(second.status, .reauthorizationRequired, "the status")
        try requireEqual(second.reason, "other_account", "the reason")
        try require(second.tokens != first.tokens, "what the provider rotated was lost")
    }

    static func marks(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let first = try await connection(in: store)
        let second = try kept(try await store.replace(refresh(of: first, "access 2"), now: StoreSample.now).outcome)
        let stale = try await store.mark(first.id, version: first.version, .reauthorizationRequired, reason: "old")
            .outcome
        try requireEqual(stale, false, "a mark about an older version")
        try requireEqual(try await store.connection(first.id)?.status, .active, "the status after it")
        let marked = try await store.mark(first.id, version: second.version, .error, reason: "invalid_client").outcome
        try requireEqual(marked, true, "a mark about the present version")
        try requireEqual(try await store.connection(first.id)?.status, .error, "the status")
        try requireEqual(try await store.connection(first.id)?.reason, "invalid_client", "the reason")
        let third = try kept(try await store.replace(refresh(of: second, "access 3"), now: StoreSample.now).outcome)
        try requireEqual(third.status, .active, "the status after a refresh that worked")
        try requireEqual(third.reason, nil, "the reason after a refresh that worked")
    }

    static func markOfTheRevoked(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let first = try await connection(in: store)
        let reason = "logged_out_at_provider"
        let ended = try await store.revoke(first.id, obtainedAt: first.obtainedAt, reason: reason).outcome
        try requireEqual(ended, true, "the end of the connection")
        let revoked = try await store.connection(first.id)
        for (status, reason) in [
            (Connection.Status.expiring, "reported_invalid"), (.reauthorizationRequired, Connection.grantRefused),
            (.error, "invalid_client"), (.active, nil),
        ] as [(Connection.Status, String?)] {
            let marked = try await store.mark(first.id, version: first.version, status, reason: reason).outcome
            try requireEqual(marked, false, "a mark of a revoked connection as \(status)")
            try requireEqual(try await store.connection(first.id), revoked, "the connection after it")
        }
        try requireEqual(revoked?.status, .revoked, "the status")
        let again = try await store.revoke(first.id, obtainedAt: first.obtainedAt, reason: reason).outcome
        try requireEqual(again, true, "the same end once more")
        let login = StoreSample.draft(first.userID, tokens: StoreSample.tokens("access 2", refresh: "refresh 2"))
        let second = try await connect(login, candidate: 2, in: store)
        try requireEqual(second.status, .active, "the status after a login")
    }

    static func deadRefreshTokens(_ makeStore: StoreFactory<any VaultStore>) async throws {
        for reason in [Connection.grantRefused, Connection.refusedRepeatedly] {
            let store = try await makeStore(StoreSettings())
            let first = try await connection(in: store)
            _ = try await store.mark(first.id, version: first.version, .reauthorizationRequired, reason: reason).outcome
            let marked = try await store.connection(first.id)
            try require(marked?.tokens.refreshToken == nil, "a dead refresh token was kept")
            try require(marked?.tokens.accessToken == first.tokens.accessToken, "the access token was lost")
            let login = StoreSample.draft(first.userID, tokens: StoreSample.tokens("access 2"))
            let second = try await connect(login, candidate: 2, in: store)
            try requireEqual(second.status, .active, "the status after a login")
            try require(second.tokens.refreshToken == nil, "a login without a refresh token revived a dead one")
        }
        let store = try await makeStore(StoreSettings())
        let first = try await connection(in: store)
        _ = try await store.mark(first.id, version: first.version, .expiring, reason: "reported_invalid").outcome
        let login = StoreSample.draft(first.userID, tokens: StoreSample.tokens("access 2"))
        let second = try await connect(login, candidate: 2, in: store)
        try require(second.tokens.refreshToken == first.tokens.refreshToken, "a live refresh token was lost")
        _ = try await store.mark(second.id, version: second.version, .revoked, reason: "logged_out_at_provider").outcome
        let third = try await connect(login, candidate: 3, in: store)
        try require(third.tokens.refreshToken == nil, "a login revived a revoked connection's refresh token")
    }

    // MARK: - Steps

    private static func connection(in store: any VaultStore) async throws -> Connection {
        let owner = try await user(StoreSample.login("alice"), candidate: 1, in: store)
        return try await connect(StoreSample.draft(owner), in: store)
    }

    private static func refresh(of connection: Connection, _ accessToken: String) -> ConnectionRefresh {
        ConnectionRefresh(
            id: connection.id,
            version: connection.version,
            tokens: StoreSample.tokens(accessToken),
            scopes: nil,
            accessTokenExpiry: nil
        )
    }

    private static func kept(_ outcome: ConnectionOutcome) throws -> Connection {
        guard case .stored(let connection) = outcome else { throw Deviation(text: "a refresh came to \(outcome)") }
        return connection
    }
}
