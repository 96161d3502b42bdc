import AuthorizationServerTesting
import OAuthState
import PostgreSQLStore
import PostgreSQLTesting
import Testing

/// The PostgreSQL stores keep every rule that any store must keep, each on tables of its own.
@Suite("Stores: PostgreSQL conforms")
struct ConformanceTests {
    @Test("clients", arguments: ClientStoreConformance.rules)
    func clients(rule: ClientStoreConformance.Rule) async throws {
        try await rule.check { settings in try await TestStorage.make(settings).stores.clients }
    }

    @Test("logins, codes, sessions, consents", arguments: AuthorizationStoreConformance.rules)
    func sessions(rule: AuthorizationStoreConformance.Rule) async throws {
        try await rule.check { settings in try await TestStorage.make(settings).stores.sessions }
    }

    @Test("users and connections", arguments: VaultStoreConformance.rules)
    func vault(rule: VaultStoreConformance.Rule) async throws {
        try await rule.check { settings in try await TestStorage.make(settings).stores.vault }
    }

    @Test("sessions and connections together", arguments: SharedStoreConformance.rules)
    func shared(rule: SharedStoreConformance.Rule) async throws {
        try await rule.check { settings in
            let stores = try await TestStorage.make(settings).stores
            return SharedStores(authorization: stores.sessions, vault: stores.vault)
        }
    }

    @Test("endings and streams of events", arguments: SignalStoreConformance.rules)
    func signals(rule: SignalStoreConformance.Rule) async throws {
        try await rule.check { settings in
            let stores = try await TestStorage.make(settings).stores
            guard let signals = stores.signals else { throw Unexpected(description: "no stores for events") }
            return SignalStores(authorization: stores.sessions, signals: signals)
        }
    }

    @Test("keys", arguments: SigningKeyStoreConformance.rules)
    func keys(rule: SigningKeyStoreConformance.Rule) async throws {
        try await rule.check { settings in try await TestStorage.make(settings).stores.keys }
    }

    @Test("devices", arguments: DeviceStoreConformance.rules)
    func devices(rule: DeviceStoreConformance.Rule) async throws {
        try await rule.check { settings in try await TestStorage.make(settings).stores.devices }
    }

    @Test("consumed assertions", arguments: ReplayStoreConformance.rules)
    func replay(rule: ReplayStoreConformance.Rule) async throws {
        try await rule.check { settings in try await TestStorage.make(settings).stores.replay }
    }
}
