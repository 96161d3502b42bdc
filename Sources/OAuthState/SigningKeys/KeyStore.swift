package import OAuthProtocol

/// Everything that must survive so that tokens verify and sealed tokens open, for stores that keep it together.
package typealias KeyStore = SigningKeyStore & SecretStore & KeyFeed

/// RFC 7517: where signing keys are kept and rotated.
package protocol SigningKeyStore: Sendable {
    /// Adds a key in state active or next; whatever had that place among the keys of its purpose retires.
    func install(_ key: StoredSigningKey, now: Timestamp) async throws(StoreError) -> Receipt<Void>
    /// Makes these the keys of their purpose: the first signs, all are published, what was there before retires.
    ///
    /// The outcome is whether anything changed.
    func adopt(_ keys: [StoredSigningKey], now: Timestamp) async throws(StoreError) -> Receipt<Bool>
    /// Makes the next key active and `successor` the next one; the active one retires (MD-9).
    ///
    /// - Parameters:
    ///   - successor: The new next key.
    ///   - publishedBy: The next key signs only if it was published by then; `nil` lets it sign however new it is.
    ///   - now: The present moment.
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

/// Where the server's root secret and the secrets of the vault's keys are kept.
package protocol SecretStore: Sendable {
    /// The secret that other secrets are derived from; `candidate` becomes it on the first start.
    func serverSecret(candidate: [UInt8]) async throws(StoreError) -> Receipt<[UInt8]>
    /// Keeps the secret of the vault's next key.
    func addVaultKey(_ secret: [UInt8], now: Timestamp) async throws(StoreError) -> Receipt<VaultKeySecret>
    /// Erases the secrets of the vault's keys before one that stays; the outcome is their number.
    func removeVaultKeys(before number: UInt32) async throws(StoreError) -> Receipt<Int>
}

/// How nodes learn of keys: a change is in the feed once it holds, so that no key is published that a crash could take back.
package protocol KeyFeed: Sendable {
    /// The newest generation that holds.
    func generation() async throws(StoreError) -> KeyGeneration
    /// Every generation after this call, newest first where several came at once.
    func generations() async throws(StoreError) -> AsyncStream<KeyGeneration>
}

/// All keys at one moment.
package struct KeyGeneration: Sendable {
    /// Grows with each change, so that an older generation never replaces a newer one.
    package let number: UInt64
    /// The signing keys in their present states.
    package let signingKeys: [StoredSigningKey]
    /// The secrets of the vault's keys that came after the root secret's, oldest first.
    package let vaultKeys: [VaultKeySecret]

    /// A generation, for stores that read it from elsewhere.
    package init(number: UInt64, signingKeys: [StoredSigningKey], vaultKeys: [VaultKeySecret]) {
        self.number = number
        self.signingKeys = signingKeys
        self.vaultKeys = vaultKeys
    }
}

/// What a rotation did.
package enum SigningKeyRotationOutcome: Hashable, Sendable {
    /// The named key signs from now on.
    case rotated(activeKeyID: String)
    /// There was no next key yet; the given one is next now.
    case prepared
    /// The next key was published only then: too late for every verifier to know it. Nothing was done.
    case tooEarly(publishedAt: Timestamp)
}
