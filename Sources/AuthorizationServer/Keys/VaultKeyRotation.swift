import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Synchronization

/// VT-5: gives the vault another key, reseals everything with it, and then erases the older ones.
///
/// Resealing runs beside requests, some connections at a time. Both keys open in the meantime, and tokens that a login
/// or a refresh replaces are sealed with the new one anyway. After a restart it continues where it was.
final class VaultKeyRotation: Sendable {
    private let secrets: any SecretStore & KeyFeed
    private let keys: VaultKeys
    private let sealing: TokenSealing
    private let vault: any VaultStore
    private let random: any RandomSource
    private let logger: Logger
    private let progress = Mutex(Progress())

    /// The most connections that are resealed in one turn.
    static let countMax = 1024
    /// The most slices of that size that are examined in one turn.
    private static let sliceCountMax = 64
    /// The most connections with unreadable tokens that are remembered, so that each is reported once.
    private static let reportedCountMax = 4096
    /// How long an older key stays after everything was resealed: tokens sealed just before the rotation may be stored
    /// after it.
    static let remembrance: Duration = .seconds(600)

    /// One pass over all connections, over many turns.
    private struct Pass: Equatable {
        /// The key that everything is to be sealed with.
        var key: UInt32 = 0
        /// Whether it began when older keys could be erased: only such a pass proves that none of them is needed.
        var mayErase = false
        var last: ConnectionID?
        var resealedCount = 0
    }

    private struct Progress {
        /// The key with which everything is known to be sealed.
        var completed: UInt32 = 0
        var pass = Pass()
        var reported: Set<ConnectionID> = []
        var reportedUpstreams: Set<String> = []
    }

    init(
        secrets: any SecretStore & KeyFeed,
        keys: VaultKeys,
        sealing: TokenSealing,
        vault: any VaultStore,
        random: any RandomSource,
        logger: Logger
    ) {
        self.secrets = secrets
        self.keys = keys
        self.sealing = sealing
        self.vault = vault
        self.random = random
        self.logger = logger
    }

    /// Seals with a new key from now on; returns its number.
    ///
    /// - Throws: `temporarily_unavailable` when the journal cannot be written; the old key then stays in use.
    func rotate(now: Timestamp) async throws(OAuthError) -> UInt32 {
        // Nothing may be sealed with a key that a crash could undo.
        let added = try await OAuthError.attempt(await secrets.addVaultKey(random.bytes(32), now: now).outcome)
        do {
            try keys.add(added)
        } catch {
            throw OAuthError(.serverError, "the vault's key could not be created")
        }
        return added.number
    }

    /// Continues resealing, and erases keys that are no longer needed.
    func performDue(now: Timestamp) async {
        do throws(StoreError) {
            try await goOn(now: now)
        } catch {
            logger.warning("sealing anew waits until the store takes changes")
        }
    }

    private func goOn(now: Timestamp) async throws(StoreError) {
        let present = try await secrets.generation().vaultKeys
        guard let newest = present.last else { return }
        let isComplete = progress.withLock { $0.completed == newest.number }
        let mayErase = present.count > 1 && now >= newest.createdAt + Self.remembrance
        guard !isComplete || mayErase, try await sealAnew(newest.number, mayErase: mayErase) else { return }
        progress.withLock { $0.completed = newest.number }
        guard mayErase else { return }
        _ = try await secrets.removeVaultKeys(before: newest.number).outcome
        keys.remove(before: newest.number)
    }

    // Continues the pass in progress; returns whether one has ended that found nothing to reseal.
    private func sealAnew(_ key: UInt32, mayErase: Bool) async throws(StoreError) -> Bool {
        var pass = progress.withLock { $0.pass }
        if pass.key != key || pass.mayErase != mayErase { pass = Pass(key: key, mayErase: mayErase) }
        var (count, hasEnded) = (0, false)
        for _ in 0..<Self.sliceCountMax where count < Self.countMax && !hasEnded {
            let slice = try await vault.connections(after: pass.last, limit: Self.countMax)
            for connection in slice where !sealing.isCurrent(connection.tokens) {
                if try await reseal(connection) { count += 1 }
            }
            hasEnded = slice.isEmpty
            pass.last = slice.last?.id
        }
        if hasEnded { count += try await resealRegistrations() }
        pass.resealedCount += count
        let isDone = hasEnded && pass.resealedCount == 0
        if hasEnded { pass = Pass(key: key, mayErase: mayErase) }
        progress.withLock { $0.pass = pass }
        return isDone
    }

    private func reseal(_ connection: Connection) async throws(StoreError) -> Bool {
        do {
            let tokens = try sealing.resealed(connection)
            _ = try await vault.reseal(connection, as: tokens).outcome
            return true
        } catch let error as StoreError {
            throw error
        } catch {
            // Tokens that do not open now open with no key of ours; their user is asked to connect again when needed.
            let isNew = progress.withLock { progress in
                progress.reported.count < Self.reportedCountMax && progress.reported.insert(connection.id).inserted
            }
            guard isNew else { return false }
            logger.error(
                "stored tokens could not be opened",
                metadata: ["upstream": "\(connection.upstream)", "connection": "\(connection.id)"]
            )
            return false
        }
    }

    private func resealRegistrations() async throws(StoreError) -> Int {
        var count = 0
        for registration in try await vault.registrations() where !sealing.isCurrent(registration.sealed) {
            do {
                let text = try sealing.registration(of: registration)
                let sealed = try sealing.seal(registration: text, at: registration.upstream)
                _ = try await vault.keep(registration.sealed(anew: sealed)).outcome
                count += 1
            } catch let error as StoreError {
                throw error
            } catch {
                let isNew = progress.withLock { $0.reportedUpstreams.insert(registration.upstream).inserted }
                guard isNew else { continue }
                logger.error(
                    "a stored registration could not be opened",
                    metadata: ["upstream": "\(registration.upstream)"]
                )
            }
        }
        return count
    }
}

extension StoredUpstreamRegistration {
    fileprivate func sealed(anew sealed: [UInt8]) -> StoredUpstreamRegistration {
        StoredUpstreamRegistration(upstream: upstream, purpose: purpose, scopes: scopes, sealed: sealed)
    }
}
