import OAuthProtocol
import OAuthState

/// Who is who (JW-2, D-63).
extension VaultStoreConformance {
    static let userRules: [Rule] = [
        Rule("D-63: of 64 first logins of one identity that race, one user comes out", oneUserForRacingLogins),
        Rule("JW-2: an identity finds its user again, whatever it is called now", identitiesAreStable),
        Rule("D-63: the same verified e-mail at another identity makes another user", noLinkingByEmail),
        Rule("JB-8: the same subject at another provider is another identity", namespacesAreApart),
        Rule("a second leg's new identity joins the user of the first", linking),
        Rule("D-63: an identity that has a user is never moved to another by linking", noTakeoverByLinking),
    ]

    static func oneUserForRacingLogins(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let users = await race { racer in
            await user(StoreSample.login("alice"), candidate: UInt128(racer + 1), in: store)
        }
        try requireEqual(Set(users).count, 1, "the number of users")
        guard let first = users.first else { throw Deviation(text: "no user came out") }
        try require(await store.user(first) != nil, "the user is not kept")
    }

    static func identitiesAreStable(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let first = await user(StoreSample.login("alice"), candidate: 1, in: store)
        var renamed = StoreSample.login("alice")
        renamed.name = "Alice B."
        renamed.verifiedEmail = nil
        try requireEqual(await user(renamed, candidate: 2, in: store), first, "the user of a later login")
        let kept = await store.user(first)
        try requireEqual(kept?.name, "Alice B.", "the name")
        try requireEqual(kept?.verifiedEmail, "alice@example.com", "the address that the later login left out")
        try requireEqual(await store.user(UserID(value: 2)), nil, "the user that was not needed")
    }

    static func noLinkingByEmail(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let victim = await user(StoreSample.login("alice"), candidate: 1, in: store)
        var attacker = StoreSample.login("mallory")
        attacker.verifiedEmail = "alice@example.com"
        let other = await user(attacker, candidate: 2, in: store)
        try require(other != victim, "an e-mail address linked two identities")
    }

    static func namespacesAreApart(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let pairs = [("https://a.example", "1"), ("https://b.example", "1"), ("https://a.example1", ""), ("", "1")]
        var users: [UserID] = []
        for (index, pair) in pairs.enumerated() {
            let identity = IdentityKey(namespace: pair.0, subject: pair.1)
            let login = UserLogin(identity: identity, name: nil, verifiedEmail: nil)
            users.append(await user(login, candidate: UInt128(index + 1), in: store))
        }
        try requireEqual(Set(users).count, pairs.count, "the number of users")
    }

    static func linking(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let first = await user(StoreSample.login("alice"), candidate: 1, in: store)
        let linked = await user(StoreSample.login("alice-at-work", linkingTo: first), candidate: 2, in: store)
        try requireEqual(linked, first, "the user of the second leg")
        let later = await user(StoreSample.login("alice-at-work"), candidate: 3, in: store)
        try requireEqual(later, first, "the user of the linked identity later")
        let nobody = StoreSample.login("bob", linkingTo: UserID(value: 99))
        try requireEqual(await user(nobody, candidate: 4, in: store), UserID(value: 4), "linking to an unknown user")
    }

    static func noTakeoverByLinking(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let alice = await user(StoreSample.login("alice"), candidate: 1, in: store)
        let mallory = await user(StoreSample.login("mallory"), candidate: 2, in: store)
        let linked = await user(StoreSample.login("alice", linkingTo: mallory), candidate: 3, in: store)
        try requireEqual(linked, alice, "the user of an identity that is known")
        try requireEqual(await user(StoreSample.login("alice"), candidate: 4, in: store), alice, "the same later")
    }
}
