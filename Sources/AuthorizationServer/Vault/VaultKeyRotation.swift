import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Synchronization

/// VT-5: gives the vault another key, seals everything anew with it, and then erases the older ones.
///
/// Sealing anew goes on beside requests, some at a time: both keys open meanwhile, and tokens that a login or a refresh
/// replaces are sealed by the new one anyway. A restart in between goes on where it was.
final class VaultKeyRotation: Sendable {
    private let ring: SigningKeyRing
    private let keys: VaultKeys
    private let sealing: TokenSealing
    private let vault: TokenVault
    private let durability: Durability
    private let random: any RandomSource
    private let logger: Logger
    /// The key with which everything is known to be sealed.
    private let completed = Mutex<UInt32>(0)

    /// Most connections that are sealed anew in one turn.
    static let countMax = 1024
    /// How long an older key stays after everything was sealed anew: what was sealed just before the rotation may be stored
    /// after it.
    static let remembrance: Duration = .seconds(600)

    init(
        ring: SigningKeyRing,
        keys: VaultKeys,
        sealing: TokenSealing,
        vault: TokenVault,
        durability: Durability,
        random: any RandomSource,
        logger: Logger
    ) {
        self.ring = ring
        self.keys = keys
        self.sealing = sealing
        self.vault = vault
        self.durability = durability
        self.random = random
        self.logger = logger
    }

    /// Seals with a new key from now on; its number.
    ///
    /// - Throws: `temporarily_unavailable` when the journal cannot be written; the old key goes on then.
    func rotate(now: Timestamp) async throws(OAuthError) -> UInt32 {
        try durability.checkAvailability()
        let added = await ring.addVaultKey(random.bytes(32), now: now)
        // Nothing may be sealed by a key that a crash could take away.
        try await durability.wait(for: added.position)
        do {
            try keys.add(added.outcome)
        } catch {
            throw OAuthError(.serverError, "the vault's key could not be made")
        }
        return added.outcome.number
    }

    /// Goes on sealing anew, and erases keys that nothing needs any more.
    func performDue(now: Timestamp) async {
        let secrets = await ring.vaultKeys()
        guard let newest = secrets.last, durability.isAvailable else { return }
        let isComplete = completed.withLock { $0 == newest.number }
        let mayErase = secrets.count > 1 && now >= newest.createdAt + Self.remembrance
        guard !isComplete || mayErase, await sealAnew() else { return }
        completed.withLock { $0 = newest.number }
        guard mayErase else { return }
        _ = await ring.removeVaultKeys(before: newest.number)
        keys.remove(before: newest.number)
    }

    // Whether nothing was left to be sealed anew.
    private func sealAnew() async -> Bool {
        var count = 0
        for connection in await vault.allConnections() where !sealing.isCurrent(connection.tokens) {
            if count == Self.countMax { return false }
            do {
                _ = await vault.reseal(connection, as: try sealing.resealed(connection))
                count += 1
            } catch {
                // What does not open now opens with no key of ours; its user is asked to connect again when it is needed.
                logger.error("stored tokens could not be opened", metadata: ["upstream": "\(connection.upstream)"])
            }
        }
        for registration in await vault.allRegistrations() where !sealing.isCurrent(registration.sealed) {
            do {
                let text = try sealing.registration(of: registration)
                let sealed = try sealing.seal(registration: text, at: registration.upstream)
                _ = await vault.keep(registration.sealed(anew: sealed))
                count += 1
            } catch {
                logger.error(
                    "a stored registration could not be opened",
                    metadata: ["upstream": "\(registration.upstream)"]
                )
            }
        }
        return count == 0
    }
}

extension StoredUpstreamRegistration {
    fileprivate func sealed(anew sealed: [UInt8]) -> StoredUpstreamRegistration {
        StoredUpstreamRegistration(upstream: upstream, purpose: purpose, scopes: scopes, sealed: sealed)
    }
}
