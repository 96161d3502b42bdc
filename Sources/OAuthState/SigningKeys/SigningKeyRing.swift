package import DurableLog
package import OAuthProtocol

/// Owns the signing keys and the server's root secret. It never signs: readers take a published ``SigningKeySet`` and
/// sign on their own thread.
package actor SigningKeyRing: KeyStore, KeyWithdrawalStore {
    private let journal: any ChangeJournal
    private var ring: [StoredSigningKey] = []
    private var rootSecret: [UInt8]?
    private var vaultSecrets: [VaultKeySecret] = []
    /// The number of changes since the start.
    private var changeCount: UInt64 = 0
    /// The newest generation that holds.
    private var held = KeyGeneration(number: 0, signingKeys: [], vaultKeys: [])
    private var followers: [AsyncStream<KeyGeneration>.Continuation] = []

    /// An empty ring.
    package init(journal: any ChangeJournal) {
        self.journal = journal
    }

    // MARK: - Server secret

    package func serverSecret(candidate: [UInt8]) throws(StoreError) -> Receipt<[UInt8]> {
        try journal.requireAvailability()
        if let rootSecret {
            return journal.receipt(rootSecret)
        }
        rootSecret = candidate
        let record = BinaryWriter.record(.putServerSecret) { $0.write(candidate) }
        return journal.receipt(candidate, at: journal.append(record))
    }

    package func addVaultKey(_ secret: [UInt8], now: Timestamp) throws(StoreError) -> Receipt<VaultKeySecret> {
        try journal.requireAvailability()
        let number = (vaultSecrets.last?.number ?? 0) + 1
        let added = VaultKeySecret(number: number, secret: secret, createdAt: now)
        vaultSecrets.append(added)
        return changed(added, at: journal.append(added.record(.putVaultKey)))
    }

    package func removeVaultKeys(before number: UInt32) throws(StoreError) -> Receipt<Int> {
        try journal.requireAvailability()
        let removed = vaultSecrets.filter { $0.number < number && $0.number != vaultSecrets.last?.number }
        var position = journal.lastPosition
        for secret in removed {
            vaultSecrets.removeAll { $0.number == secret.number }
            position = journal.append(BinaryWriter.record(.removeVaultKey) { $0.write(secret.number) })
        }
        return changed(removed.count, at: position)
    }

    // MARK: - Keys

    package func install(_ key: StoredSigningKey, now: Timestamp) throws(StoreError) -> Receipt<Void> {
        try journal.requireAvailability()
        guard !ring.contains(where: { $0.key.keyID == key.key.keyID }) else {
            return journal.receipt(())
        }
        ring.append(key)
        // The new key is journaled before the old one retires, so that an active key remains wherever a crash cuts.
        let installed = journal.append(key.record(.putSigningKey))
        let retired = retire(except: [key.key.keyID], now: now) { $0.purpose == key.purpose && $0.state == key.state }
        return changed((), at: retired ?? installed)
    }

    package func adopt(_ keys: [StoredSigningKey], now: Timestamp) throws(StoreError) -> Receipt<Bool> {
        try journal.requireAvailability()
        guard let purpose = keys.first?.purpose else { return journal.receipt(false) }
        var adopted: Set<String> = []
        var position: JournalPosition?
        for key in keys where adopted.insert(key.key.keyID).inserted {
            position = place(key, as: adopted.count == 1 ? .active : .next, now: now) ?? position
        }
        position = retire(except: adopted, now: now) { $0.purpose == purpose } ?? position
        guard let position else { return journal.receipt(false) }
        return changed(true, at: position)
    }

    private func place(_ key: StoredSigningKey, as state: StoredSigningKey.State, now: Timestamp) -> JournalPosition? {
        let index = ring.firstIndex { $0.key.keyID == key.key.keyID }
        var placed = index.map { ring[$0] } ?? key
        guard index == nil || placed.state != state || placed.origin != key.origin else { return nil }
        placed.origin = key.origin
        placed.state = state
        placed.retiredAt = nil
        if state == .active { placed.activatedAt = now }
        if let index {
            ring[index] = placed
        } else {
            ring.append(placed)
        }
        return journal.append(placed.record(.putSigningKey))
    }

    package func rotate(
        successor: StoredSigningKey,
        publishedBy: Timestamp?,
        now: Timestamp
    ) throws(StoreError) -> Receipt<SigningKeyRotationOutcome> {
        try journal.requireAvailability()
        guard let next = ring.firstIndex(where: { $0.state == .next && $0.purpose == successor.purpose }) else {
            ring.append(successor)
            let position = journal.append(successor.record(.putSigningKey))
            return changed(.prepared, at: position)
        }
        // Checked in the same turn that lets it sign: of two simultaneous rotations, the second must not make the first
        // one's successor sign.
        if let publishedBy, ring[next].publishedAt > publishedBy {
            return journal.receipt(.tooEarly(publishedAt: ring[next].publishedAt))
        }
        ring[next].state = .active
        ring[next].activatedAt = now
        _ = journal.append(ring[next].record(.putSigningKey))
        _ = retire(except: [ring[next].key.keyID], now: now) {
            $0.purpose == successor.purpose && $0.state == .active
        }
        ring.append(successor)
        let position = journal.append(successor.record(.putSigningKey))
        return changed(.rotated(activeKeyID: ring[next].key.keyID), at: position)
    }

    package func withdraw(retiredBefore moment: Timestamp) throws(StoreError) -> Receipt<Int> {
        try journal.requireAvailability()
        let withdrawn = ring.filter { $0.retiredAt.map { $0 < moment } ?? false }
        guard !withdrawn.isEmpty else { return journal.receipt(0) }
        var position = journal.lastPosition
        for key in withdrawn {
            ring.removeAll { $0.key.keyID == key.key.keyID }
            position = journal.append(BinaryWriter.record(.removeSigningKey) { $0.write(key.key.keyID) })
        }
        return changed(withdrawn.count, at: position)
    }

    package func withdraw(_ keyID: String) throws(StoreError) -> Receipt<KeyWithdrawal> {
        try journal.requireAvailability()
        guard let index = ring.firstIndex(where: { $0.key.keyID == keyID }) else { return journal.receipt(.unknown) }
        guard ring[index].state != .active else { return journal.receipt(.signs) }
        ring.remove(at: index)
        return changed(.withdrawn, at: journal.append(BinaryWriter.record(.removeSigningKey) { $0.write(keyID) }))
    }

    private func retire(
        except keyIDs: Set<String>,
        now: Timestamp,
        where matches: (StoredSigningKey) -> Bool
    ) -> JournalPosition? {
        var position: JournalPosition?
        for index in ring.indices where ring[index].state != .retired && matches(ring[index]) {
            guard !keyIDs.contains(ring[index].key.keyID) else { continue }
            ring[index].state = .retired
            ring[index].retiredAt = now
            position = journal.append(ring[index].record(.putSigningKey))
        }
        return position
    }

    // MARK: - Generations

    package func generation() -> KeyGeneration {
        held
    }

    package func generations() -> AsyncStream<KeyGeneration> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: KeyGeneration.self,
            bufferingPolicy: .bufferingNewest(1)
        )
        followers.append(continuation)
        return stream
    }

    private var present: KeyGeneration {
        KeyGeneration(number: changeCount, signingKeys: ring, vaultKeys: vaultSecrets)
    }

    /// The receipt of a change, which is announced once it holds.
    private func changed<Outcome>(_ outcome: Outcome, at position: JournalPosition) -> Receipt<Outcome> {
        changeCount += 1
        let (journal, generation) = (journal, present)
        return Receipt(
            outcome,
            settlement: { () throws(StoreError) in
                do throws(JournalError) {
                    try await journal.waitUntilDurable(position)
                } catch {
                    throw .outcomeUnknown
                }
                await self.announce(generation)
            }
        )
    }

    private func announce(_ generation: KeyGeneration) {
        guard held.number < generation.number else { return }
        held = generation
        followers.removeAll { follower in
            if case .terminated = follower.yield(generation) { true } else { false }
        }
    }
}

extension SigningKeyRing: RecordedStore {
    package static let recordKinds: Set<RecordKind> = [
        .putSigningKey, .removeSigningKey, .putServerSecret, .putVaultKey, .removeVaultKey,
    ]

    /// The meaning of one record of keys and the root secret.
    package enum Change: RecordedChange {
        case put(StoredSigningKey)
        case remove(keyID: String)
        case putServerSecret([UInt8])
        case putVaultKey(VaultKeySecret)
        case removeVaultKey(number: UInt32)

        /// The order in the ring matters.
        package var place: Int { 0 }
    }

    package static func change(_ kind: RecordKind, _ reader: inout BinaryReader) throws(RecordError) -> Change {
        switch kind {
        case .putSigningKey: .put(try StoredSigningKey(from: &reader))
        case .removeSigningKey: .remove(keyID: try reader.string())
        case .putServerSecret: .putServerSecret(try reader.byteArray())
        case .putVaultKey: .putVaultKey(try VaultKeySecret(from: &reader))
        case .removeVaultKey: .removeVaultKey(number: try reader.integer())
        default: throw RecordError("not a record of the signing key ring")
        }
    }

    package func apply(_ change: consuming Change) {
        switch consume change {
        case .put(let key):
            if let index = ring.firstIndex(where: { $0.key.keyID == key.key.keyID }) {
                ring[index] = key
            } else {
                ring.append(key)
            }
        case .remove(let keyID):
            ring.removeAll { $0.key.keyID == keyID }
        case .putServerSecret(let secret):
            rootSecret = secret
        case .putVaultKey(let secret):
            vaultSecrets.removeAll { $0.number == secret.number }
            vaultSecrets.append(secret)
            vaultSecrets.sort { $0.number < $1.number }
        case .removeVaultKey(let number):
            vaultSecrets.removeAll { $0.number == number }
        }
        // Recovered changes hold.
        held = present
    }

    package func capture() -> CapturedState {
        let (ring, rootSecret, vaultSecrets) = (ring, rootSecret, vaultSecrets)
        return CapturedState(position: journal.lastPosition) { body in
            if let rootSecret {
                try body(BinaryWriter.record(.putServerSecret) { $0.write(rootSecret) })
            }
            for secret in vaultSecrets {
                try body(secret.record(.putVaultKey))
            }
            for key in ring {
                try body(key.record(.putSigningKey))
            }
        }
    }
}
