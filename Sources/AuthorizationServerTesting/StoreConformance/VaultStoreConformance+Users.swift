import OAuthProtocol
import OAuthState

/// Who is who (JW-2, D-63).
extension VaultStoreConformance {
    static let userRules: [Rule] = [
        Rule("D-63: of 64 first logins of one identity that race, one user comes out", oneUserForRacingLogins),
        Rule("JW-2: an identity finds its user again, whatever it is called now", identitiesAreStable),
        Rule("D-63: the same verified e-mail at another identity makes another user", noLinkingByEmail),
        Rule("JB-8: the same subject at another provider is another identity", namespacesAreApart),
        Rule("D-74: at the bound a first login is refused, and known users still log in", usersAreBounded),
        Rule("S-07: ending a user's logins starts a new epoch, which later logins and connections keep", loginsEnd),
    ]

    static func oneUserForRacingLogins(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let users = try await race { racer in
            let candidate = UserID(value: Bits128(UInt64(racer + 1)))
            return try await store.resolveUser(StoreSample.login("alice"), candidate: candidate, now: StoreSample.now)
                .outcome
        }
        try requireEqual(Set(users).count, 1, "the number of users")
        guard let first = users.first?.flatMap(\.self) else { throw Deviation(text: "no user came out") }
        try require(try await store.user(first) != nil, "the user is not kept")
    }

    static func identitiesAreStable(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let first = try await user(StoreSample.login("alice"), candidate: 1, in: store)
        var renamed = StoreSample.login("alice")
        renamed.name = "Alice B."
        renamed.verifiedEmail = nil
        try requireEqual(try await user(renamed, candidate: 2, in: store), first, "the user of a later login")
        let kept = try await store.user(first)
        try requireEqual(kept?.name, "Alice B.", "the name")
        try requireEqual(kept?.verifiedEmail, "alice@example.com", "the address that the later login left out")
        try requireEqual(try await store.user(UserID(value: 2)), nil, "the user that was not needed")
    }

    static func noLinkingByEmail(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let victim = try await user(StoreSample.login("alice"), candidate: 1, in: store)
        var attacker = StoreSample.login("mallory")
        attacker.verifiedEmail = "alice@example.com"
        let other = try await user(attacker, candidate: 2, in: store)
        try require(other != victim, "an e-mail address linked two identities")
    }

    static func namespacesAreApart(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let pairs = [("https://a.example", "1"), ("https://b.example", "1"), ("https://a.example1", ""), ("", "1")]
        var users: [UserID] = []
        for (index, pair) in pairs.enumerated() {
            let identity = IdentityKey(namespace: pair.0, subject: pair.1)
            let login = UserLogin(identity: identity, name: nil, verifiedEmail: nil)
            users.append(try await user(login, candidate: UInt64(index + 1), in: store))
        }
        try requireEqual(Set(users).count, pairs.count, "the number of users")
    }

    static func usersAreBounded(_ makeStore: StoreFactory<any VaultStore>) async throws {
        var settings = StoreSettings()
        settings.limits.usersMax = 2
        let store = try await makeStore(settings)
        let alice = try await user(StoreSample.login("alice"), candidate: 1, in: store)
        _ = try await user(StoreSample.login("bob"), candidate: 2, in: store)
        let refused = try await store.resolveUser(
            StoreSample.login("carol"),
            candidate: UserID(value: 3),
            now: StoreSample.now
        ).outcome
        try requireEqual(refused, nil, "a user beyond the bound")
        try requireEqual(try await user(StoreSample.login("alice"), candidate: 4, in: store), alice, "a known user")
        try requireEqual(try await store.user(UserID(value: 3)), nil, "what is kept of the refused user")
    }

    static func loginsEnd(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let alice = try await user(StoreSample.login("alice"), candidate: 1, in: store)
        let bob = try await user(StoreSample.login("bob"), candidate: 2, in: store)
        try requireEqual(try await store.user(alice)?.loginEpoch, 0, "the epoch of a new user")
        try requireEqual(try await store.endLogins(of: alice).outcome, true, "the end of a known user's logins")
        try requireEqual(
            try await store.endLogins(of: UserID(value: 9)).outcome,
            false,
            "the end of an unknown user's logins"
        )
        var renamed = StoreSample.login("alice")
        renamed.name = "Alice B."
        _ = try await user(renamed, candidate: 3, in: store)
        _ = try await connect(StoreSample.draft(alice), in: store)
        try requireEqual(try await store.user(alice)?.loginEpoch, 1, "the epoch after a login and a connection")
        try requireEqual(try await store.user(bob)?.loginEpoch, 0, "another user's epoch")
        let epochs = try await race { _ in try await store.endLogins(of: alice).outcome }
        try requireEqual(try await store.user(alice)?.loginEpoch, 1 + UInt32(epochs.count), "the epoch after a race")
    }
}
