package import DurableLog
package import OAuthProtocol

/// RFC 7517: where signing keys are kept and rotated.
package protocol SigningKeyStore: Sendable {
    /// Adds a key in state active or next; whatever had that place among the keys of its purpose retires.
    func install(_ key: StoredSigningKey, now: Timestamp) async -> Recorded<Void>
    /// Makes these the keys of their purpose: the first signs, all are published, what was there before retires.
    ///
    /// Returns whether anything changed.
    func adopt(_ keys: [StoredSigningKey], now: Timestamp) async -> Recorded<Bool>
    /// Makes the next key active and `successor` the next one; the active one retires (MD-9).
    ///
    /// - Parameters:
    ///   - successor: The new next key.
    ///   - publishedBy: The next key signs only if it was published by then; `nil` lets it sign however new it is.
    ///   - now: The present moment.
    /// - Returns: What was done.
    func rotate(
        successor: StoredSigningKey,
        publishedBy: Timestamp?,
        now: Timestamp
    ) async -> Recorded<SigningKeyRotation>
    /// Withdraws keys that retired before `moment`: their last token has expired.
    func withdraw(retiredBefore moment: Timestamp) async -> Recorded<Int>
    /// The keys in their present states.
    func keys() async -> [StoredSigningKey]
}

/// What a rotation did.
package enum SigningKeyRotation: Sendable {
    /// The named key signs from now on.
    case rotated(activeKeyID: String)
    /// There was no next key yet; the given one is next now.
    case prepared
    /// The next key was published only then: too late for every verifier to know it. Nothing was done.
    case tooEarly(publishedAt: Timestamp)
}

extension SigningKeyStore {
    /// Makes the next key active however new it is.
    package func rotate(successor: StoredSigningKey, now: Timestamp) async -> Recorded<SigningKeyRotation> {
        await rotate(successor: successor, publishedBy: nil, now: now)
    }
}

/// Owns the signing keys and the server's root secret. Signing itself never happens here: readers take the published
/// ``SigningKeySet`` and sign on their own thread.
package actor SigningKeyRing: SigningKeyStore {
    private let journal: any ChangeJournal
    private var ring: [StoredSigningKey] = []
    private var rootSecret: [UInt8]?
    private var vaultSecrets: [VaultKeySecret] = []
    private var publication: SigningKeyPublication?

    /// An empty ring.
    package init(journal: any ChangeJournal) {
        self.journal = journal
    }

    // MARK: - Server secret

    /// The secret that other secrets are derived from; `candidate` becomes it on the first start.
    package func serverSecret(candidate: [UInt8]) -> Recorded<[UInt8]> {
        if let rootSecret {
            return Recorded(rootSecret, at: journal.lastPosition)
        }
        rootSecret = candidate
        return Recorded(candidate, at: journal.append(BinaryWriter.record(.putServerSecret) { $0.write(candidate) }))
    }

    /// The secrets of the vault's keys that came after the root secret's, oldest first.
    package func vaultKeys() -> [VaultKeySecret] {
        vaultSecrets
    }

    /// Keeps the secret of the vault's next key.
    package func addVaultKey(_ secret: [UInt8], now: Timestamp) -> Recorded<VaultKeySecret> {
        let number = (vaultSecrets.last?.number ?? 0) + 1
        let added = VaultKeySecret(number: number, secret: secret, createdAt: now)
        vaultSecrets.append(added)
        return Recorded(added, at: journal.append(added.record(.putVaultKey)))
    }

    /// Erases the secrets of the vault's keys before one that stays.
    package func removeVaultKeys(before number: UInt32) -> Recorded<Int> {
        let removed = vaultSecrets.filter { $0.number < number && $0.number != vaultSecrets.last?.number }
        var position = journal.lastPosition
        for secret in removed {
            vaultSecrets.removeAll { $0.number == secret.number }
            position = journal.append(BinaryWriter.record(.removeVaultKey) { $0.write(secret.number) })
        }
        return Recorded(removed.count, at: position)
    }

    // MARK: - Keys

    package func keys() -> [StoredSigningKey] {
        ring
    }

    package func install(_ key: StoredSigningKey, now: Timestamp) -> Recorded<Void> {
        guard !ring.contains(where: { $0.key.keyID == key.key.keyID }) else {
            return Recorded((), at: journal.lastPosition)
        }
        ring.append(key)
        // The new key is journaled before the old one retires: wherever a crash cuts, an active key is left.
        let installed = journal.append(key.record(.putSigningKey))
        let retired = retire(except: [key.key.keyID], now: now) { $0.purpose == key.purpose && $0.state == key.state }
        publish()
        return Recorded((), at: retired ?? installed)
    }

    package func adopt(_ keys: [StoredSigningKey], now: Timestamp) -> Recorded<Bool> {
        guard let purpose = keys.first?.purpose else { return Recorded(false, at: journal.lastPosition) }
        var adopted: Set<String> = []
        var position: JournalPosition?
        for key in keys where adopted.insert(key.key.keyID).inserted {
            position = place(key, as: adopted.count == 1 ? .active : .next, now: now) ?? position
        }
        position = retire(except: adopted, now: now) { $0.purpose == purpose } ?? position
        guard let position else { return Recorded(false, at: journal.lastPosition) }
        publish()
        return Recorded(true, at: position)
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
    ) -> Recorded<SigningKeyRotation> {
        guard let next = ring.firstIndex(where: { $0.state == .next && $0.purpose == successor.purpose }) else {
            ring.append(successor)
            let position = journal.append(successor.record(.putSigningKey))
            publish()
            return Recorded(.prepared, at: position)
        }
        // Looked at in the same turn that lets it sign: two rotations at once must not make the first one's successor sign.
        if let publishedBy, ring[next].publishedAt > publishedBy {
            return Recorded(.tooEarly(publishedAt: ring[next].publishedAt), at: journal.lastPosition)
        }
        ring[next].state = .active
        ring[next].activatedAt = now
        _ = journal.append(ring[next].record(.putSigningKey))
        _ = retire(except: [ring[next].key.keyID], now: now) {
            $0.purpose == successor.purpose && $0.state == .active
        }
        ring.append(successor)
        let position = journal.append(successor.record(.putSigningKey))
        publish()
        return Recorded(.rotated(activeKeyID: ring[next].key.keyID), at: position)
    }

    package func withdraw(retiredBefore moment: Timestamp) -> Recorded<Int> {
        let withdrawn = ring.filter { $0.retiredAt.map { $0 < moment } ?? false }
        guard !withdrawn.isEmpty else { return Recorded(0, at: journal.lastPosition) }
        var position = journal.lastPosition
        for key in withdrawn {
            ring.removeAll { $0.key.keyID == key.key.keyID }
            position = journal.append(BinaryWriter.record(.removeSigningKey) { $0.write(key.key.keyID) })
        }
        publish()
        return Recorded(withdrawn.count, at: position)
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

    // MARK: - Publication

    /// Where readers find the present keys; `nil` until an active key for access tokens is installed.
    package func published() -> SigningKeyPublication? {
        if publication == nil {
            publication = keySet().map(SigningKeyPublication.init)
        }
        return publication
    }

    private func publish() {
        if let publication, let keys = keySet() {
            publication.publish(keys)
        }
    }

    private func keySet() -> SigningKeySet? {
        guard let active = ring.first(where: { $0.state == .active && $0.purpose == .accessToken }) else { return nil }
        return SigningKeySet(
            active: active.key,
            idTokenKey: ring.first { $0.state == .active && $0.purpose == .idToken }?.key,
            published: JSONWebKeySet(keys: ring.map(\.key.jsonWebKey))
        )
    }
}

extension SigningKeyRing: RecordedStore {
    package static let recordKinds: Set<RecordKind> = [
        .putSigningKey, .removeSigningKey, .putServerSecret, .putVaultKey, .removeVaultKey,
    ]

    /// What one record says of keys and the root secret.
    package enum Change: RecordedChange {
        case put(StoredSigningKey)
        case remove(keyID: String)
        case putServerSecret([UInt8])
        case putVaultKey(VaultKeySecret)
        case removeVaultKey(number: UInt32)

        /// The order of the ring counts.
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
