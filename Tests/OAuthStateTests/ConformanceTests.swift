import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import OAuthState
import Testing

/// The actors keep every rule that any store must keep.
@Suite("Stores: the actors conform")
struct ConformanceTests {
    @Test("ClientRegistry", arguments: ClientStoreConformance.rules)
    func clients(rule: ClientStoreConformance.Rule) async throws {
        try await rule.check { settings in
            ClientRegistry(
                preRegistered: settings.preRegistered,
                journal: VolatileJournal(),
                limits: settings.limits
            )
        }
    }

    @Test("AuthorizationSessions", arguments: AuthorizationStoreConformance.rules)
    func sessions(rule: AuthorizationStoreConformance.Rule) async throws {
        try await rule.check { settings in
            AuthorizationSessions(policy: settings.sessions, journal: VolatileJournal(), limits: settings.limits)
        }
    }

    @Test("TokenVault", arguments: VaultStoreConformance.rules)
    func vault(rule: VaultStoreConformance.Rule) async throws {
        try await rule.check { settings in TokenVault(journal: VolatileJournal(), limits: settings.limits) }
    }

    @Test("AuthorizationSessions and TokenVault", arguments: SharedStoreConformance.rules)
    func shared(rule: SharedStoreConformance.Rule) async throws {
        try await rule.check { settings in
            let (journal, ended) = (VolatileJournal(), EndedConnections())
            return SharedStores(
                authorization: AuthorizationSessions(
                    policy: settings.sessions,
                    journal: journal,
                    limits: settings.limits,
                    endedConnections: ended
                ),
                vault: TokenVault(journal: journal, limits: settings.limits, endedConnections: ended)
            )
        }
    }

    @Test("AuthorizationSessions and EventStreams", arguments: SignalStoreConformance.rules)
    func signals(rule: SignalStoreConformance.Rule) async throws {
        try await rule.check { settings in
            let stores = MemoryStores(settings, journal: VolatileJournal())
            return SignalStores(
                authorization: stores.sessions,
                signals: Stores.Signals(endings: stores.sessions, streams: stores.streams)
            )
        }
    }

    @Test("SigningKeyRing", arguments: SigningKeyStoreConformance.rules)
    func keys(rule: SigningKeyStoreConformance.Rule) async throws {
        try await rule.check { _ in SigningKeyRing(journal: VolatileJournal()) }
    }

    @Test("DeviceAuthorizations", arguments: DeviceStoreConformance.rules)
    func devices(rule: DeviceStoreConformance.Rule) async throws {
        try await rule.check { settings in DeviceAuthorizations(limits: settings.limits) }
    }

    @Test("ReplayGuard", arguments: ReplayStoreConformance.rules)
    func replay(rule: ReplayStoreConformance.Rule) async throws {
        try await rule.check { settings in ReplayGuard(journal: VolatileJournal(), limits: settings.limits) }
    }
}
