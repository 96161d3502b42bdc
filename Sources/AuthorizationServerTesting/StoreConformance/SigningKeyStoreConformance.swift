import OAuthProtocol
package import OAuthState
import OpenSSLCrypto

/// What every `SigningKeyStore` must do: RFC 7517, MD-9, D-39.
package enum SigningKeyStoreConformance {
    /// A rule about a store of signing keys.
    package typealias Rule = ConformanceRule<any KeyStore>

    /// Every rule.
    package static let rules: [Rule] = [
        Rule("MD-9: a rotation makes the next key active, retires the active one and publishes another", rotation),
        Rule("MD-9: without a next key a rotation only publishes one", preparation),
        Rule("an active key that is installed retires the one of its purpose, and only that", installation),
        Rule("a key is installed once", repeatedInstallation),
        Rule("D-39: a key is withdrawn when it retired before the moment, never while it signs", withdrawal),
        Rule("64 rotations that race leave one active and one next key", racingRotations),
    ]

    static func rotation(_ makeStore: StoreFactory<any KeyStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let (active, next) = (try StoreSample.signingKey(.active), try StoreSample.signingKey(.next))
        let idToken = try StoreSample.signingKey(.active, purpose: .idToken)
        for key in [active, next, idToken] {
            _ = try await store.install(key, now: StoreSample.now).outcome
        }
        let moment = StoreSample.now + .seconds(3600)
        let successor = try StoreSample.signingKey(.next, publishedAt: moment)
        let outcome = try await store.rotate(successor: successor, publishedBy: nil, now: moment).outcome
        guard case .rotated(activeKeyID: next.key.keyID) = outcome else {
            throw Deviation(text: "a rotation came to \(outcome)")
        }
        let keys = try await store.generation().signingKeys
        try requireEqual(keys.count, 4, "the number of keys")
        try requireState(.retired, of: active, among: keys)
        try requireState(.active, of: next, among: keys)
        try requireState(.next, of: successor, among: keys)
        try requireState(.active, of: idToken, among: keys)
        let retired = keys.first { $0.key.keyID == active.key.keyID }
        try requireEqual(retired?.retiredAt, moment, "when the active key retired")
        let activated = keys.first { $0.key.keyID == next.key.keyID }
        try requireEqual(activated?.activeSince, moment, "since when the next key signs")
    }

    static func preparation(_ makeStore: StoreFactory<any KeyStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let (active, successor) = (try StoreSample.signingKey(.active), try StoreSample.signingKey(.next))
        _ = try await store.install(active, now: StoreSample.now).outcome
        let outcome = try await store.rotate(successor: successor, publishedBy: nil, now: StoreSample.now).outcome
        guard case .prepared = outcome else { throw Deviation(text: "a first rotation came to \(outcome)") }
        try requireState(.active, of: active, among: try await store.generation().signingKeys)
        try requireState(.next, of: successor, among: try await store.generation().signingKeys)
    }

    static func installation(_ makeStore: StoreFactory<any KeyStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let (first, second) = (try StoreSample.signingKey(.active), try StoreSample.signingKey(.active))
        let idToken = try StoreSample.signingKey(.active, purpose: .idToken)
        for key in [first, idToken, second] {
            _ = try await store.install(key, now: StoreSample.now).outcome
        }
        try requireState(.retired, of: first, among: try await store.generation().signingKeys)
        try requireState(.active, of: second, among: try await store.generation().signingKeys)
        try requireState(.active, of: idToken, among: try await store.generation().signingKeys)
    }

    static func repeatedInstallation(_ makeStore: StoreFactory<any KeyStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let key = try StoreSample.signingKey(.active)
        _ = try await store.install(key, now: StoreSample.now).outcome
        _ = try await store.install(key, now: StoreSample.now + .seconds(1)).outcome
        try requireEqual(try await store.generation().signingKeys.count, 1, "the number of keys")
        try requireState(.active, of: key, among: try await store.generation().signingKeys)
    }

    static func withdrawal(_ makeStore: StoreFactory<any KeyStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let (old, new) = (try StoreSample.signingKey(.active), try StoreSample.signingKey(.active))
        let next = try StoreSample.signingKey(.next)
        _ = try await store.install(old, now: StoreSample.now).outcome
        _ = try await store.install(next, now: StoreSample.now).outcome
        let retirement = StoreSample.now + .seconds(60)
        _ = try await store.install(new, now: retirement).outcome
        try requireEqual(
            try await store.withdraw(retiredBefore: retirement).outcome,
            0,
            "withdrawals at the retirement"
        )
        try requireEqual(try await store.generation().signingKeys.count, 3, "the number of keys before")
        let far = retirement + .seconds(1_000_000)
        try requireEqual(try await store.withdraw(retiredBefore: far).outcome, 1, "withdrawals afterwards")
        let left = Set(try await store.generation().signingKeys.map(\.key.keyID))
        try requireEqual(left, [new.key.keyID, next.key.keyID], "the keys that are left")
        try requireEqual(try await store.withdraw(retiredBefore: far).outcome, 0, "withdrawals a second time")
    }

    static func racingRotations(_ makeStore: StoreFactory<any KeyStore>) async throws {
        let store = try await makeStore(StoreSettings())
        _ = try await store.install(try StoreSample.signingKey(.active), now: StoreSample.now).outcome
        let successors = try (0..<StoreSample.racerCount).map { _ in try StoreSample.signingKey(.next) }
        _ = try await race { racer in
            try await store.rotate(successor: successors[racer], publishedBy: nil, now: StoreSample.now).outcome
        }
        let keys = try await store.generation().signingKeys
        try requireEqual(keys.count, StoreSample.racerCount + 1, "the number of keys")
        try requireEqual(keys.count { $0.state == .active }, 1, "the number of active keys")
        try requireEqual(keys.count { $0.state == .next }, 1, "the number of next keys")
    }

    // MARK: - Steps

    private static func requireState(
        _ state: StoredSigningKey.State,
        of key: StoredSigningKey,
        among keys: [StoredSigningKey]
    ) throws {
        let found = keys.filter { $0.key.keyID == key.key.keyID }.map(\.state)
        try requireEqual(found, [state], "the state of the key that was installed as \(key.state) \(key.purpose)")
    }
}
