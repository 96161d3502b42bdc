import OAuthProtocol
package import OAuthState

/// What every `VaultStore` must do: JW-2, D-63, VT-4, VR-1, VR-3, VR-5 and VR-8.
package enum VaultStoreConformance {
    /// A rule about a store of users, identities and connections.
    package typealias Rule = ConformanceRule<any VaultStore>

    /// Every rule.
    package static let rules: [Rule] = userRules + connectionRules + refreshRules + endingRules

    /// The user of a login, made if need be.
    static func user(
        _ login: UserLogin,
        candidate: UInt64,
        in store: any VaultStore
    ) async throws -> UserID {
        let outcome = try await store.resolveUser(
            login,
            candidate: UserID(value: Bits128(candidate)),
            now: StoreSample.now
        )
        .outcome
        guard let outcome else { throw Deviation(text: "no user came out") }
        return outcome
    }

    /// Keeps a draft.
    static func connect(
        _ draft: ConnectionDraft,
        candidate: UInt64 = 1,
        in store: any VaultStore,
        now: Timestamp = StoreSample.now
    ) async throws -> Connection {
        let outcome = try await store.store(draft, candidate: ConnectionID(value: Bits128(candidate)), now: now).outcome
        guard case .stored(let connection) = outcome else { throw Deviation(text: "storing tokens came to \(outcome)") }
        return connection
    }
}
