package import OAuthProtocol

/// Everything that must survive so that tokens verify and sealed tokens open, for implementations that keep it
/// together.
package typealias KeyStore = SigningKeyStore & SecretStore & KeyFeed

/// RFC 7517: stores and rotates signing keys.
package protocol SigningKeyStore: Sendable {
    /// Adds a key in state active or next; the key that had this state for the same purpose retires.
    func install(_ key: StoredSigningKey, now: Timestamp) async throws(StoreError) -> Receipt<Void>
    /// Makes these the keys of their purpose: the first signs, all are published, the earlier ones retire.
    ///
    /// The outcome tells whether anything changed.
    func adopt(_ keys: [StoredSigningKey], now: Timestamp) async throws(StoreError) -> Receipt<Bool>
    /// Makes the next key active and `successor` the next one; the active one retires (MD-9).
    ///
    /// - Parameters:
    ///   - successor: The new next key.
    ///   - publishedBy: The next key signs only if it was published by then; with `nil` it signs however new it is.
    ///   - now: The current time.
    /// - Returns: What was done.
    /// - Throws: ``StoreError`` when the change was not made.
    func rotate(
        successor: StoredSigningKey,
        publishedBy: Timestamp?,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<SigningKeyRotationOutcome>
    /// Withdraws keys that retired before `moment`, because their last token has expired; the outcome is their number.
    func withdraw(retiredBefore moment: Timestamp) async throws(StoreError) -> Receipt<Int>
}

/// Withdraws single signing keys, for operators.
package protocol KeyWithdrawalStore: Sendable {
    /// Removes a key that does not sign: verifiers refuse what it signed as soon as they read the key set again.
    func withdraw(_ keyID: String) async throws(StoreError) -> Receipt<KeyWithdrawal>
}

/// The outcome of a request to withdraw a key.
package enum KeyWithdrawal: Hashable, Sendable {
    /// The key is gone.
    case withdrawn
    /// The key signs: another one must become current first.
    case signs
    /// There is no such key.
    case unknown
}

/// Stores the server's root secret and the secrets of the vault's keys.
package protocol SecretStore: Sendable {
    /// The secret that other secrets are derived from; on the first start `candidate` becomes it.
    func serverSecret(candidate: [UInt8]) async throws(StoreError) -> Receipt<[UInt8]>
    /// Stores the secret of the vault's next key.
    func addVaultKey(_ secret: [UInt8], now: Timestamp) async throws(StoreError) -> Receipt<VaultKeySecret>
    /// Erases the secrets of the vault's keys before one that remains; the outcome is their number.
    func removeVaultKeys(before number: UInt32) async throws(StoreError) -> Receipt<Int>
}

/// How nodes learn of keys: a change is in the feed once it holds, so that no key is published that a crash could undo.
package protocol KeyFeed: Sendable {
    /// The newest generation that holds.
    func generation() async throws(StoreError) -> KeyGeneration
    /// Every generation after this call; only the newest of several that arrive at once.
    func generations() async throws(StoreError) -> AsyncStream<KeyGeneration>
}

/// All keys at one moment.
package struct KeyGeneration: Sendable {
    /// Grows with each change, so that an older generation never replaces a newer one.
    package let number: UInt64
    /// The signing keys in their current states.
    package let signingKeys: [StoredSigningKey]
    /// The secrets of the vault's keys after the root secret's, oldest first.
    package let vaultKeys: [VaultKeySecret]

    /// A generation, for stores that read it from elsewhere.
    package init(number: UInt64, signingKeys: [StoredSigningKey], vaultKeys: [VaultKeySecret]) {
        self.number = number
        self.signingKeys = signingKeys
        self.vaultKeys = vaultKeys
    }
}

/// The outcome of a rotation.
package enum SigningKeyRotationOutcome: Hashable, Sendable {
    /// The named key signs from now on.
    case rotated(activeKeyID: String)
    /// There was no next key yet; the given one is next now.
    case prepared
    /// The next key was published only then, too late for every verifier to know it. Nothing was changed.
    case tooEarly(publishedAt: Timestamp)
}
