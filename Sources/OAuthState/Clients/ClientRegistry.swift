package import DurableLog
import HashTreeCollections
package import OAuthProtocol
package import OpenSSLCrypto
import Synchronization

/// RFC 7591: owns the clients: pre-registered, dynamically registered, and known by a metadata document.
package actor ClientRegistry: ClientStore {
    private let journal: any ChangeJournal
    private let limits: StoreLimits
    private let preRegistered: [String: Client]
    /// Changed only in the actor's turns.
    ///
    /// Reading it takes no turn, because every token request names a client.
    private let entries = Mutex<TreeDictionary<String, Entry>>([:])
    private var neverUsed = NeverUsedClients()
    private var uses = UseOrder()
    private var dynamicCount = 0

    /// After how long without use a client may be evicted (FD-8).
    static let abandonment: Duration = .seconds(90 * 86_400)

    /// A registry that starts with the configured clients.
    package init(preRegistered: [Client], journal: any ChangeJournal, limits: StoreLimits = .init()) {
        self.preRegistered = Dictionary(preRegistered.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        self.journal = journal
        self.limits = limits
    }

    nonisolated package func client(_ id: String) async -> Client? {
        guard let client = preRegistered[id] ?? entry(id)?.record.client else { return nil }
        // A dictionary finds a look-alike of canonically equivalent characters under the same key.
        return client.id.hasSameBytes(as: id) ? client : nil
    }

    /// A record as the table stores it: an object, so that reading one of its parts does not copy the others.
    private final class Entry: Sendable {
        let record: ClientRecord

        init(_ record: ClientRecord) {
            self.record = record
        }
    }

    private nonisolated func entry(_ id: String) -> Entry? {
        entries.withLock { $0[id] }
    }

    package func register(
        _ client: Client,
        from source: SourceNetwork
    ) throws(StoreError) -> Receipt<ClientRegistration> {
        try journal.requireAvailability()
        guard dynamicCount < limits.dynamicClientsMax || evictOne(now: client.issuedAt) else {
            return journal.receipt(.full)
        }
        return put(client, from: source)
    }

    package func replace(_ client: Client) throws(StoreError) -> Receipt<ClientRegistration> {
        try journal.requireAvailability()
        if entry(client.id) == nil, dynamicCount >= limits.dynamicClientsMax, !evictOne(now: client.issuedAt) {
            return journal.receipt(.full)
        }
        return put(client)
    }

    package func renew(_ client: Client) throws(StoreError) -> Receipt<Bool> {
        try journal.requireAvailability()
        guard entry(client.id) != nil else { return journal.receipt(false) }
        return journal.receipt(true, at: append(client))
    }

    package func update(
        _ client: Client,
        presenting tokenHash: SHA256Digest
    ) throws(StoreError) -> Receipt<ClientUpdate> {
        try journal.requireAvailability()
        guard let known = entry(client.id)?.record.client, let stored = known.managementTokenHash,
            constantTimeEqual(stored.bytes, tokenHash.bytes)
        else { return journal.receipt(.superseded) }
        return journal.receipt(.updated, at: append(client)) { await self.takeBack(client, to: known) }
    }

    private func takeBack(_ client: Client, to known: Client) {
        guard entry(client.id)?.record.client == client else { return }
        _ = append(known)
    }

    private func put(_ client: Client, from source: SourceNetwork = .unknown) -> Receipt<ClientRegistration> {
        journal.receipt(.registered, at: append(client, from: source))
    }

    private func append(_ client: Client, from source: SourceNetwork = .unknown) -> JournalPosition {
        let known = entry(client.id)?.record
        let record = ClientRecord(
            client: client,
            lastUsedAt: known?.lastUsedAt,
            source: known?.source ?? source
        )
        let bytes = record.record(.putClient)
        insert(record, byteCount: bytes.count)
        // After the new one: the bound holds whatever its size.
        let position = journal.append(bytes)
        return evictSurplus() ?? position
    }

    // The newest client of a network is the last of it to be evicted.
    private func evictSurplus() -> JournalPosition? {
        var position: JournalPosition?
        while neverUsed.byteCount > limits.neverUsedClientBytesMax, neverUsed.count > 1,
            let id = neverUsed.nextVictim()
        {
            position = evict(id) ?? position
        }
        return position
    }

    nonisolated package func touch(_ id: String, now: Timestamp) async {
        // Skipped while the journal cannot write: a last-used time is not worth its buffer space.
        guard let entry = entry(id), Self.isUseDue(entry.record.lastUsedAt, now: now), journal.isAvailable else {
            return
        }
        await use(id, now: now)
    }

    // Once a day is precise enough, and keeps the journal small.
    private static func isUseDue(_ lastUsedAt: Timestamp?, now: Timestamp) -> Bool {
        lastUsedAt.map { now - $0 >= .seconds(86_400) } ?? true
    }

    private func use(_ id: String, now: Timestamp) {
        // Another request may have recorded it in the meantime.
        guard var record = entry(id)?.record, Self.isUseDue(record.lastUsedAt, now: now) else { return }
        record.lastUsedAt = now
        let entry = Entry(record)
        entries.withLock { $0[id] = entry }
        noteUse(id, at: now)
        _ = journal.append(
            BinaryWriter.record(.touchClient) { writer in
                writer.write(id)
                writer.write(now)
            }
        )
    }

    package func remove(_ id: String) throws(StoreError) -> Receipt<Bool> {
        try journal.requireAvailability()
        guard forget(id) else { return journal.receipt(false) }
        return journal.receipt(true, at: recordRemoval(of: id))
    }

    private func recordRemoval(of id: String) -> JournalPosition {
        journal.append(BinaryWriter.record(.removeClient) { $0.write(id) })
    }

    @discardableResult
    private func evict(_ id: String) -> JournalPosition? {
        guard forget(id) else { return nil }
        return recordRemoval(of: id)
    }

    /// Drops up to `limit` clients that were never used within their lifetime (CR-10).
    package func sweep(now: Timestamp, limit: Int) {
        // Each removal is a record, and nothing is urgent.
        guard journal.isAvailable else { return }
        let moment = now - limits.neverUsedClientLifetime
        for id in neverUsed.registered(before: moment, limit: limit) { evict(id) }
    }

    /// The number of clients known by registration or document, for metrics.
    package var count: Int {
        dynamicCount
    }

    /// Every client that was registered or known by its document, in no particular order; takes no turn.
    package nonisolated var records: [ClientRecord] {
        entries.withLock(\.self).values.map(\.record)
    }

    // MARK: - Table

    private func insert(_ record: ClientRecord, byteCount: Int) {
        let (id, entry) = (record.client.id, Entry(record))
        let isNew = entries.withLock { $0.updateValue(entry, forKey: id) } == nil
        if isNew { dynamicCount += 1 }
        guard let lastUsedAt = record.lastUsedAt else {
            return neverUsed.put(id, from: record.source, byteCount: byteCount, at: record.client.issuedAt)
        }
        if isNew { uses.append(id, at: lastUsedAt) }
    }

    private func forget(_ id: String) -> Bool {
        guard entries.withLock({ $0.removeValue(forKey: id) }) != nil else { return false }
        dynamicCount -= 1
        neverUsed.remove(id)
        return true
    }

    private func noteUse(_ id: String, at moment: Timestamp) {
        neverUsed.remove(id)
        uses.append(id, at: moment)
        uses.sweep(clientCount: entries.withLock(\.count)) { entry($0)?.record.lastUsedAt }
    }

    // CR-10, FD-8: the oldest never-used client of the network that has most is evicted, otherwise one that was not
    // used for 90 days. No session of such a client is left, because an unused session ends within 30.
    private func evictOne(now: Timestamp) -> Bool {
        if let id = neverUsed.nextVictim() {
            evict(id)
            return true
        }
        guard
            let id = uses.first(lastUse: { entry($0)?.record.lastUsedAt }), let last = entry(id)?.record.lastUsedAt,
            now - last >= Self.abandonment
        else { return false }
        evict(id)
        return true
    }
}

extension ClientRegistry: RecordedStore {
    package static let recordKinds: Set<RecordKind> = [.putClient, .touchClient, .removeClient]

    /// The meaning of one record of a client.
    package enum Change: RecordedChange {
        case put(ClientRecord)
        case touch(String, Timestamp)
        case remove(String)

        /// The order of registrations and uses matters.
        package var place: Int { 0 }
    }

    package static func change(_ kind: RecordKind, _ reader: inout BinaryReader) throws(RecordError) -> Change {
        switch kind {
        case .putClient: .put(try ClientRecord(from: &reader))
        case .touchClient: .touch(try reader.string(), try reader.timestamp())
        case .removeClient: .remove(try reader.string())
        default: throw RecordError("not a record of the client registry")
        }
    }

    package func apply(_ change: consuming Change) {
        switch consume change {
        case .put(let record):
            insert(record, byteCount: record.byteCount)
        case .touch(let id, let lastUsedAt):
            // A snapshot may have dropped the client that the journal before it touched.
            guard var record = entry(id)?.record else { return }
            record.lastUsedAt = lastUsedAt
            let entry = Entry(record)
            entries.withLock { $0[id] = entry }
            noteUse(id, at: lastUsedAt)
        case .remove(let id):
            _ = forget(id)
        }
    }

    package func capture() -> CapturedState {
        let entries = entries.withLock(\.self)
        return CapturedState(position: journal.lastPosition) { body in
            // In the order of registration, which recovery keeps: the oldest unused client is evicted first (CR-10).
            for entry in entries.values.sorted(by: { $0.record.client.issuedAt < $1.record.client.issuedAt }) {
                try body(entry.record.record(.putClient))
            }
        }
    }
}
