import OAuthProtocol
import OAuthState

/// The ends of connections: by the user, by the provider, and taken back.
extension VaultStoreConformance {
    static let endingRules: [Rule] = [
        Rule("a disconnected connection is gone, with its tokens, and disconnected once", disconnecting),
        Rule("RV-2, LO-1: the end of a login's tokens ends what refreshed them, and no later login's", endsOfALogin),
        Rule("TK-16: a disconnection that is taken back leaves everything as it was", disconnectionTakenBack),
        Rule("TK-16: nothing is taken back where the account was connected anew", disconnectionNotTakenBack),
    ]

    static func disconnecting(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let owner = try await user(StoreSample.login("alice"), candidate: 1, in: store)
        let first = try await connect(StoreSample.draft(owner), candidate: 1, in: store)
        let other = try await connect(StoreSample.draft(owner, upstream: "corp"), candidate: 2, in: store)
        try requireEqual(try await store.disconnect(first.id).outcome, first, "what was disconnected")
        try requireEqual(try await store.disconnect(first.id).outcome, nil, "what a second time disconnects")
        try requireEqual(try await store.connection(first.id), nil, "the connection by id")
        try requireEqual(try await store.connections(of: owner), [other], "the user's connections")
        let again = try await connect(
            StoreSample.draft(owner, tokens: StoreSample.tokens("a")),
            candidate: 3,
            in: store
        )
        try require(again.tokens.refreshToken == nil, "an erased token came back")
    }

    static func endsOfALogin(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let later = StoreSample.now + .seconds(60)
        for disconnects in [true, false] {
            let store = try await makeStore(StoreSettings())
            let owner = try await user(StoreSample.login("alice"), candidate: 1, in: store)
            func end(_ login: Connection) async throws -> Bool {
                if disconnects {
                    return try await store.disconnect(login.id, obtainedAt: login.obtainedAt).outcome != nil
                }
                return try await store.revoke(login.id, obtainedAt: login.obtainedAt, reason: "logged out").outcome
            }
            let first = try await connect(StoreSample.draft(owner), in: store)
            let second = try await connect(StoreSample.draft(owner), candidate: 2, in: store, now: later)
            try requireEqual(try await end(first), false, "the end of a login that another followed")
            try requireEqual(try await store.connection(second.id), second, "the connection of the later login")
            let refresh = ConnectionRefresh(
                id: second.id,
                version: second.version,
                tokens: StoreSample.tokens("refreshed"),
                scopes: nil,
                accessTokenExpiry: nil
            )
            _ = try await store.replace(refresh, now: later + .seconds(60)).outcome
            try requireEqual(try await end(second), true, "the end of a login whose tokens were refreshed")
            let status = try await store.connection(second.id)?.status
            try requireEqual(status, disconnects ? nil : .revoked, "the status after it")
        }
    }

    static func disconnectionTakenBack(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let owner = try await user(StoreSample.login("alice"), candidate: 1, in: store)
        let first = try await connect(StoreSample.draft(owner), candidate: 1, in: store)
        _ = try await store.mark(first.id, version: first.version, .reauthorizationRequired, reason: "invalid_grant")
            .outcome
        let other = try await connect(StoreSample.draft(owner, upstream: "corp"), candidate: 2, in: store)
        let disconnection = try await store.disconnect(first.id)
        guard let erased = try await disconnection.outcome else {
            throw Deviation(text: "the connection was not disconnected")
        }
        for _ in 0..<2 { await disconnection.failAnswering() }
        try requireEqual(try await store.connection(first.id), erased, "the connection by id")
        let all = try await store.connections(of: owner)
        try requireEqual(Set(all.map(\.id)), [first.id, other.id], "the user's connections")
        try requireEqual(all.count, 2, "the number of the user's connections")
        try requireEqual(try await store.disconnect(first.id).outcome, erased, "what the second try disconnects")
    }

    static func disconnectionNotTakenBack(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let owner = try await user(StoreSample.login("alice"), candidate: 1, in: store)
        let first = try await connect(StoreSample.draft(owner), candidate: 1, in: store)
        let disconnection = try await store.disconnect(first.id)
        let again = try await connect(StoreSample.draft(owner), candidate: 2, in: store)
        await disconnection.failAnswering()
        try requireEqual(try await store.connections(of: owner), [again], "the user's connections")
    }
}
