package import OAuthProtocol

/// The stores that a server works with, each behind its protocols; whatever makes them decides where they are.
package struct Stores: Sendable {
    /// Clients.
    package private(set) var clients: any ClientStore
    /// Logins, codes, sessions, consents and revoked access tokens.
    package let sessions: any AuthorizationStore
    /// Users, identities, connections, and our registrations at providers.
    package let vault: any VaultStore
    /// Signing keys, the root secret and the keys of the vault.
    package let keys: any KeyStore
    /// Consumed assertions.
    package let replay: any ReplayStore
    /// Requests of devices without a browser.
    package let devices: any DeviceStore
    /// Availability, expiry and counts of all of them.
    package let upkeep: any StoreUpkeep

    /// What operators' verbs need; `nil` where the stores do not offer them.
    package let administration: Administration?

    /// What receivers of security events need; `nil` where the stores do not offer it.
    package let signals: Signals?

    /// What receivers of security events need.
    package struct Signals: Sendable {
        /// What ended.
        package let endings: any EndingStore
        /// Who reads it, and how far.
        package let streams: any EventStreamStore

        /// The two together.
        package init(endings: any EndingStore, streams: any EventStreamStore) {
            self.endings = endings
            self.streams = streams
        }
    }

    /// What operators' verbs need, beyond what clients' requests do.
    package struct Administration: Sendable {
        /// Pages of the tables.
        package let listing: any StateListing
        /// Whom the operator keeps out.
        package let blocks: any BlockStore
        /// Withdraws keys.
        package let keys: any KeyWithdrawalStore

        /// The three together.
        package init(listing: any StateListing, blocks: any BlockStore, keys: any KeyWithdrawalStore) {
            self.listing = listing
            self.blocks = blocks
            self.keys = keys
        }
    }

    /// Stores that belong together.
    package init(
        clients: any ClientStore,
        sessions: any AuthorizationStore,
        vault: any VaultStore,
        keys: any KeyStore,
        replay: any ReplayStore,
        devices: any DeviceStore,
        upkeep: any StoreUpkeep,
        administration: Administration? = nil,
        signals: Signals? = nil
    ) {
        self.clients = clients
        self.sessions = sessions
        self.vault = vault
        self.keys = keys
        self.replay = replay
        self.devices = devices
        self.upkeep = upkeep
        self.administration = administration
        self.signals = signals
    }

    /// The same stores with another view of the clients.
    package func replacing(clients: any ClientStore) -> Stores {
        var stores = self
        stores.clients = clients
        return stores
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
    /// Whether the log of endings is written, for receivers of events.
    package var recordsEndings = false

    /// The defaults.
    package init() {}
}
