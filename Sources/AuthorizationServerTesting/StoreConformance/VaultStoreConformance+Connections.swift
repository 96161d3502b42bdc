import OAuthProtocol
import OAuthState

/// Logins, use and removal of connections.
extension VaultStoreConformance {
    static let connectionRules: [Rule] = [
        Rule("a login's tokens are kept as they were given; an absent expiry stays absent (VR-5)", storing),
        Rule(
            "VT-4: the same account again replaces, and keeps the refresh token left out (VR-3)",
            sameAccountReplaces
        ),
        Rule("VT-4: an old refresh token is not carried over to another upstream client (VR-8)", otherUpstreamClient),
        Rule("VR-8: a refresh token of a client id alone is kept for that client at one server", namedServer),
        Rule("another account or provider is another connection", otherAccounts),
        Rule("UP-4: a login replaces what it showed of the account; tokens of no login leave it", acceptedClaims),
        Rule("D-67: one user's login never touches another user's connection to the same account", usersAreApart),
        Rule("tokens of an unknown user are not kept", unknownUser),
        Rule("at the bound of connections a new account is refused, a known one replaced", connectionBound),
        Rule("C-5: a credential is the user's choice, else the session's connection, else the first", credentials),
        Rule("VR-14: a registration at an upstream is kept, replaced by its name, and bounded", registrations),
        Rule("the last use is noted at most once an hour", touching),
        Rule("D-60, LO-1: an account's connections are found by its bytes, at its upstream, until they end", accounts),
        Rule("LO-1: connections are found by the provider's sessions that they logged in in", providerSessions),
        Rule("N-5: a renamed connection is the same one at another upstream, unless it was overtaken", renaming),
    ]

    static func renaming(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let owner = try await user(StoreSample.login("alice"), candidate: 1, in: store)
        let old = try await connect(StoreSample.draft(owner), in: store)
        let tokens = StoreSample.tokens("access 2", refresh: "refresh 2", id: "id 2")
        try requireEqual(try await store.rename(old, to: "hub", as: tokens).outcome, true, "renaming")
        let new = try await store.connection(old.id)
        try requireEqual(new?.upstream, "hub", "the new name")
        try require(new?.tokens == tokens, "the tokens are not those that were sealed for the new name")
        try requireEqual(new?.account, old.account, "the account")
        try requireEqual(new?.obtainedAt, old.obtainedAt, "the time of the login")
        try requireEqual(try await store.connections(of: owner).map(\.id), [old.id], "the user's connections")
        let found = try await store.connections(ofAccount: old.account, at: "hub")
        try requireEqual(found.map(\.id), [old.id], "the connections of the account at the new name")
        let left = try await store.connections(ofAccount: old.account, at: "github")
        try requireEqual(left.count, 0, "the connections of the account at the old name")
        try requireEqual(
            try await store.rename(old, to: "other", as: tokens).outcome,
            false,
            "renaming an older version"
        )
        let again = try await connect(StoreSample.draft(owner), candidate: 2, in: store)
        try requireEqual(
            try await store.rename(again, to: "hub", as: tokens).outcome,
            false,
            "renaming to a taken account"
        )
    }

    static func acceptedClaims(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let owner = try await user(StoreSample.login("alice"), candidate: 1, in: store)
        let shown = [AcceptedClaim(claim: "groups", values: ["admins", "staff"])]
        for (claims, expected) in [(nil, []), (shown, shown), (nil, shown), ([], [])]
            as [([AcceptedClaim]?, [AcceptedClaim])]
        {
            var draft = StoreSample.draft(owner)
            draft.acceptedClaims = claims
            let connection = try await connect(draft, in: store)
            try requireEqual(connection.acceptedClaims, expected, "what is known of the account")
            let kept = try await store.connection(connection.id)
            try requireEqual(kept?.acceptedClaims, expected, "the same, read again")
        }
        var draft = StoreSample.draft(owner)
        draft.acceptedClaims = shown
        let old = try await connect(draft, in: store)
        let tokens = StoreSample.tokens("access 2", refresh: "refresh 2", id: "id 2")
        try requireEqual(try await store.rename(old, to: "hub", as: tokens).outcome, true, "renaming")
        let renamed = try await store.connection(old.id)
        try requireEqual(renamed?.acceptedClaims, shown, "what is known of the account at the new name")
    }

    static func storing(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let owner = try await user(StoreSample.login("alice"), candidate: 1, in: store)
        let connection = try await connect(StoreSample.draft(owner), in: store)
        try requireEqual(connection.id, ConnectionID(value: 1), "the id")
        try requireEqual(connection.userID, owner, "the owner")
        try requireEqual(connection.upstream, "github", "the upstream")
        try requireEqual(connection.account, "583231", "the account")
        try requireEqual(connection.scopes, ScopeSet(["repo"]), "the scopes")
        try requireEqual(connection.accessTokenExpiry, nil, "an expiry that the provider did not state")
        try requireEqual(connection.status, .active, "the status")
        try requireEqual(connection.obtainedAt, StoreSample.now, "the time of the login")
        try require(
            connection.tokens == StoreSample.tokens("access 1", refresh: "refresh 1", id: "id 1"),
            "the tokens are not those of the login"
        )
        try requireEqual(try await store.connection(connection.id), connection, "the connection by id")
        try requireEqual(try await store.connections(of: owner), [connection], "the user's connections")
    }

    static func registrations(_ makeStore: StoreFactory<any VaultStore>) async throws {
        var settings = StoreSettings()
        settings.limits.upstreamRegistrationsMax = 2
        let store = try await makeStore(settings)
        try requireEqual(try await store.registration(of: "corp"), nil, "a registration before there was one")
        for secret in ["first", "second"] {
            let kept = try await store.keep(StoreSample.registration(sealed: secret)).outcome
            try requireEqual(kept, .admitted, "keeping the \(secret) registration")
            let found = try await store.registration(of: "corp")
            try requireEqual(found, StoreSample.registration(sealed: secret), "the \(secret) registration")
        }
        let second = try await store.keep(StoreSample.registration("files", sealed: "third")).outcome
        try requireEqual(second, .admitted, "another upstream's registration")
        let first = try await store.registration(of: "corp")
        try requireEqual(first, StoreSample.registration(sealed: "second"), "the registration beside it")
        let third = try await store.keep(StoreSample.registration("chat", sealed: "fourth")).outcome
        try requireEqual(third, .full, "a registration beyond the bound")
        try requireEqual(try await store.registration(of: "chat"), nil, "a registration that was refused")
    }

    static func sameAccountReplaces(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let owner = try await user(StoreSample.login("alice"), candidate: 1, in: store)
        let first = try await connect(StoreSample.draft(owner), in: store)
        _ = try await store.mark(first.id, version: first.version, .expiring, reason: "reported_invalid").outcome
        var draft = StoreSample.draft(owner, tokens: StoreSample.tokens("access 2"))
        draft.accountName = nil
        let second = try await connect(draft, candidate: 2, in: store, now: StoreSample.now + .seconds(60))
        try requireEqual(second.id, first.id, "the id after a second login")
        try require(
            second.tokens == StoreSample.tokens("access 2", refresh: "refresh 1", id: "id 1"),
            "a token that the second login left out was lost"
        )
        try requireEqual(second.accountName, "octocat", "the account's name that the second login left out")
        try requireEqual(second.status, .active, "the status after a second login")
        try requireEqual(second.reason, nil, "the reason after a second login")
        try require(second.version != first.version, "the version did not change")
        try requireEqual(try await store.connections(of: owner), [second], "the user's connections")
    }

    static func otherUpstreamClient(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let owner = try await user(StoreSample.login("alice"), candidate: 1, in: store)
        _ = try await connect(StoreSample.draft(owner), in: store)
        let draft = StoreSample.draft(owner, tokens: StoreSample.tokens("access 2"), upstreamClientID: "Iv1.new")
        let second = try await connect(draft, candidate: 2, in: store)
        try require(second.tokens == StoreSample.tokens("access 2"), "another client's tokens were carried over")
        try requireEqual(second.upstreamClientID, "Iv1.new", "the upstream client")
    }

    /// Earlier versions stored no server; a binding that names one is another server's, unless it is the same.
    static func namedServer(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let server = "https://id.example"
        for (stored, present, isKept) in [
            ("Iv1.abc", "Iv1.abc \(server)", true), ("Iv1.abc \(server)", "Iv1.abc \(server)", true),
            ("Iv1.abc \(server)", "Iv1.abc https://other.example", false), ("Iv1.abc \(server)", "Iv1.abc", false),
            ("Iv1.ab", "Iv1.abc \(server)", false), ("Iv1.abc", "Iv1.abc \(server) https://mcp.example", false),
        ] {
            let store = try await makeStore(StoreSettings())
            let owner = try await user(StoreSample.login("alice"), candidate: 1, in: store)
            _ = try await connect(StoreSample.draft(owner, upstreamClientID: stored), in: store)
            let draft = StoreSample.draft(owner, tokens: StoreSample.tokens("access 2"), upstreamClientID: present)
            let second = try await connect(draft, candidate: 2, in: store)
            let isFound = second.tokens.refreshToken != nil
            try requireEqual(isFound, isKept, "whether \(present) keeps what is bound to \(stored)")
            try requireEqual(second.upstreamClientID, present, "the binding")
        }
    }

    static func otherAccounts(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let owner = try await user(StoreSample.login("alice"), candidate: 1, in: store)
        let first = try await connect(StoreSample.draft(owner, account: "K"), candidate: 1, in: store)
        let second = try await connect(StoreSample.draft(owner, account: "k"), candidate: 2, in: store)
        // U+212A KELVIN SIGN equals K in Swift's eyes, but is another account.
        let third = try await connect(StoreSample.draft(owner, account: "\u{212A}"), candidate: 3, in: store)
        let fourth = try await connect(
            StoreSample.draft(owner, upstream: "corp", account: "K"),
            candidate: 4,
            in: store
        )
        try requireEqual(try await store.connections(of: owner), [first, second, third, fourth], "the connections")
    }

    static func usersAreApart(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let alice = try await user(StoreSample.login("alice"), candidate: 1, in: store)
        let bob = try await user(StoreSample.login("bob"), candidate: 2, in: store)
        let first = try await connect(StoreSample.draft(alice), candidate: 1, in: store)
        let draft = StoreSample.draft(bob, tokens: StoreSample.tokens("access of bob"))
        let second = try await connect(draft, candidate: 2, in: store)
        try requireEqual(try await store.connection(first.id), first, "the first user's connection")
        try require(second.tokens.refreshToken == nil, "a token of another user was carried over")
        for (owner, connection) in [(alice, first), (bob, second)] {
            let other = owner == alice ? second : first
            let found = try await store.credential(for: owner, upstream: "github", preferred: [other.id], account: nil)
            try requireEqual(found, connection, "the credential of \(owner) who prefers another user's connection")
        }
    }

    static func unknownUser(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let draft = StoreSample.draft(UserID(value: 99))
        let outcome = try await store.store(draft, candidate: ConnectionID(value: 1), now: StoreSample.now).outcome
        try requireEqual(outcome, .superseded(nil), "tokens of an unknown user")
        try requireEqual(try await store.connection(ConnectionID(value: 1)), nil, "their connection")
    }

    static func connectionBound(_ makeStore: StoreFactory<any VaultStore>) async throws {
        var settings = StoreSettings()
        settings.limits.connectionsPerUserMax = 2
        let store = try await makeStore(settings)
        let owner = try await user(StoreSample.login("alice"), candidate: 1, in: store)
        let first = try await connect(StoreSample.draft(owner, account: "1"), candidate: 1, in: store)
        _ = try await connect(StoreSample.draft(owner, account: "2"), candidate: 2, in: store)
        let third = StoreSample.draft(owner, account: "3")
        let refused = try await store.store(third, candidate: ConnectionID(value: 3), now: StoreSample.now).outcome
        try requireEqual(refused, .full, "a third account at a bound of two")
        _ = try await connect(StoreSample.draft(owner, account: "2"), candidate: 4, in: store)
        _ = try await store.disconnect(first.id).outcome
        _ = try await connect(third, candidate: 5, in: store)
    }

    static func credentials(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let owner = try await user(StoreSample.login("alice"), candidate: 1, in: store)
        let old = try await connect(StoreSample.draft(owner, account: "old"), candidate: 1, in: store)
        let later = StoreSample.now + .seconds(60)
        let new = try await connect(StoreSample.draft(owner, account: "new"), candidate: 2, in: store, now: later)
        func find(
            _ preferred: [ConnectionID],
            account: String? = nil,
            at upstream: String = "github"
        ) async throws -> Connection? {
            try await store.credential(for: owner, upstream: upstream, preferred: preferred, account: account)
        }
        try requireEqual(await find([]), old, "the credential without preference")
        try requireEqual(await find([new.id]), new, "the preferred credential")
        try requireEqual(await find([ConnectionID(value: 99)]), old, "the credential when the preferred one is gone")
        try requireEqual(await find([], account: "old"), old, "the credential of a named account")
        try requireEqual(await find([new.id], account: "old"), old, "a named account against a preference")
        try requireEqual(await find([], account: "none"), nil, "the credential of an unknown account")
        try requireEqual(await find([], at: "corp"), nil, "the credential at another provider")
        let stranger = UserID(value: 99)
        let none = try await store.credential(for: stranger, upstream: "github", preferred: [old.id], account: nil)
        try requireEqual(none, nil, "the credential of an unknown user")
        let foreign = try await store.useByDefault(new.id, of: stranger).outcome
        try requireEqual(foreign, false, "a choice of another user's connection")
        try requireEqual(await find([]), old, "the credential after another user's choice")
        for choice in [new, old, new] {
            try requireEqual(try await store.useByDefault(choice.id, of: owner).outcome, true, "a choice")
            try requireEqual(await find([]), choice, "the chosen credential")
            try requireEqual(await find([old.id]), choice, "the chosen credential against a preference")
        }
        try requireEqual(await find([], account: "old"), old, "a named account against a choice")
        _ = try await connect(StoreSample.draft(owner, account: "third"), candidate: 3, in: store, now: later)
        try requireEqual(await find([])?.id, new.id, "the chosen credential after a login with another account")
        _ = try await store.disconnect(new.id).outcome
        try requireEqual(await find([]), old, "the credential when the chosen one is gone")
        try requireEqual(try await store.useByDefault(new.id, of: owner).outcome, false, "a choice of nothing")
    }

    static func touching(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let owner = try await user(StoreSample.login("alice"), candidate: 1, in: store)
        let connection = try await connect(StoreSample.draft(owner), in: store)
        for (seconds, noted) in [(10, 10), (3609, 10), (3610, 3610)] {
            await store.touch(connection.id, now: StoreSample.now + .seconds(seconds))
            let usedAt = try await store.connection(connection.id)?.usedAt
            try requireEqual(usedAt, StoreSample.now + .seconds(noted), "the last use at second \(seconds)")
        }
        try requireEqual(
            try await store.connection(connection.id)?.version,
            connection.version,
            "the version after use"
        )
    }

    static func accounts(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let alice = try await user(StoreSample.login("alice"), candidate: 1, in: store)
        let bob = try await user(StoreSample.login("bob"), candidate: 2, in: store)
        // Equal for Swift, two accounts for a provider.
        let (account, lookalike) = ("caf\u{E9}", "cafe\u{301}")
        let first = try await connect(StoreSample.draft(alice, account: account), candidate: 1, in: store)
        let second = try await connect(StoreSample.draft(bob, account: account), candidate: 2, in: store)
        let other = try await connect(StoreSample.draft(bob, account: lookalike), candidate: 3, in: store)
        func found(_ account: String, _ upstream: String = "github") async throws -> Set<Connection> {
            Set(try await store.connections(ofAccount: account, at: upstream))
        }
        func isConnected(_ account: String, byAnotherThan user: UserID) async throws -> Bool {
            try await store.isConnected(account: account, upstream: "github", byAnotherThan: user)
        }
        try requireEqual(await found(account), [first, second], "the connections of an account")
        try requireEqual(await found(lookalike), [other], "those of an account that looks the same")
        try requireEqual(await found(account, "corp"), [], "those of the account of that name elsewhere")
        try require(await isConnected(account, byAnotherThan: alice), "another's connection was not found")
        try require(await !isConnected(lookalike, byAnotherThan: bob), "the user's own was taken for another's")
        _ = try await store.disconnect(second.id).outcome
        try requireEqual(await found(account), [first], "those after a disconnection")
        try require(await !isConnected(account, byAnotherThan: alice), "an erased connection was found")
    }

    static func providerSessions(_ makeStore: StoreFactory<any VaultStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let owner = try await user(StoreSample.login("alice"), candidate: 1, in: store)
        func logIn(_ session: String, _ number: UInt64) async throws -> Connection {
            var draft = StoreSample.draft(owner)
            draft.providerSession = ProviderSession(id: session, sessionID: SessionID(value: Bits128(number)))
            return try await connect(draft, candidate: number, in: store)
        }
        _ = try await logIn("first", 1)
        let connection = try await logIn("second", 2)
        for session in ["first", "second"] {
            let found = try await store.connections(ofProviderSession: session, at: "github")
            try requireEqual(found, [connection], "the connections of the session \(session)")
        }
        let elsewhere = try await store.connections(ofProviderSession: "first", at: "corp")
        try requireEqual(elsewhere, [], "those of the session of that name elsewhere")
        // One more than is remembered: the oldest is forgotten.
        for number in 3...UInt64(Connection.providerSessionCountMax + 1) { _ = try await logIn("later", number) }
        try requireEqual(
            try await store.connections(ofProviderSession: "first", at: "github"),
            [],
            "a forgotten session's"
        )
        _ = try await store.disconnect(connection.id).outcome
        let erased = try await store.connections(ofProviderSession: "later", at: "github")
        try requireEqual(erased, [], "those after the disconnection")
    }
}
