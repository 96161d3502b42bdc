package import OAuthProtocol

/// The stores that a server works with, each behind its protocols; whatever makes them decides where they are.
package struct Stores: Sendable {
    /// Clients.
    package let clients: any ClientStore
    /// Logins, codes, sessions, consents and revoked access tokens.
    package let sessions: any AuthorizationStore
    /// Users, identities, connections, and our registrations at providers.
    package let vault: any VaultStore
    /// Signing keys, the root secret and the keys of the vault.
    package let keys: any KeyStore
    /// Consumed assertions.
    package let replay: any ReplayStore
    /// Availability, expiry and counts of all of them.
    package let upkeep: any StoreUpkeep

    /// Stores that belong together.
    package init(
        clients: any ClientStore,
        sessions: any AuthorizationStore,
        vault: any VaultStore,
        keys: any KeyStore,
        replay: any ReplayStore,
        upkeep: any StoreUpkeep
    ) {
        self.clients = clients
        self.sessions = sessions
        self.vault = vault
        self.keys = keys
        self.replay = replay
        self.upkeep = upkeep
    }
}

/// What a store must be made with.
package struct StoreSettings: Sendable {
    /// The bounds of its tables.
    package var limits = StoreLimits()
    /// The lifetimes of sessions and codes.
    package var sessions = SessionPolicy()
    /// The clients of the configuration.
    package var preRegistered: [Client] = []

    /// The defaults.
    package init() {}
}
