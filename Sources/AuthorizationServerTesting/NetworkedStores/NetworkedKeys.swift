package import OAuthProtocol
package import OAuthState
package import OpenSSLCrypto

/// Signing keys and secrets behind a ``Network``.
package struct NetworkedKeys: SigningKeyStore, SecretStore, KeyFeed {
    private let far: SigningKeyRing
    private let network: Network

    /// The same store, behind a network.
    package init(far: SigningKeyRing, network: Network) {
        self.far = far
        self.network = network
    }

    package func install(_ key: StoredSigningKey, now: Timestamp) async throws(StoreError) -> Receipt<Void> {
        try await network.change("install") { () throws(StoreError) in try await far.install(key, now: now) }
    }

    package func adopt(_ keys: [StoredSigningKey], now: Timestamp) async throws(StoreError) -> Receipt<Bool> {
        try await network.change("adopt") { () throws(StoreError) in try await far.adopt(keys, now: now) }
    }

    package func rotate(
        successor: StoredSigningKey,
        publishedBy: Timestamp?,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<SigningKeyRotationOutcome> {
        try await network.change("rotate(key)") { () throws(StoreError) in
            try await far.rotate(successor: successor, publishedBy: publishedBy, now: now)
        }
    }

    package func withdraw(retiredBefore moment: Timestamp) async throws(StoreError) -> Receipt<Int> {
        try await network.change("withdraw") { () throws(StoreError) in
            try await far.withdraw(retiredBefore: moment)
        }
    }

    package func serverSecret(candidate: [UInt8]) async throws(StoreError) -> Receipt<[UInt8]> {
        try await network.change("serverSecret") { () throws(StoreError) in
            try await far.serverSecret(candidate: candidate)
        }
    }

    package func addVaultKey(_ secret: [UInt8], now: Timestamp) async throws(StoreError) -> Receipt<VaultKeySecret> {
        try await network.change("addVaultKey") { () throws(StoreError) in
            try await far.addVaultKey(secret, now: now)
        }
    }

    package func removeVaultKeys(before number: UInt32) async throws(StoreError) -> Receipt<Int> {
        try await network.change("removeVaultKeys") { () throws(StoreError) in
            try await far.removeVaultKeys(before: number)
        }
    }

    package func generation() async throws(StoreError) -> KeyGeneration {
        try await network.ask("generation") { await far.generation() }
    }

    package func generations() async throws(StoreError) -> AsyncStream<KeyGeneration> {
        await far.generations()
    }
}

/// Consumed assertions behind a ``Network``.
package struct NetworkedReplay: ReplayStore {
    private let far: ReplayGuard
    private let network: Network

    /// The same store, behind a network.
    package init(far: ReplayGuard, network: Network) {
        self.far = far
        self.network = network
    }

    package func consume(
        _ id: SHA256Digest,
        of owner: AssertionOwner,
        expiry: Timestamp,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<AssertionConsumption> {
        try await network.change("consume") { () throws(StoreError) in
            try await far.consume(id, of: owner, expiry: expiry, now: now)
        }
    }
}
