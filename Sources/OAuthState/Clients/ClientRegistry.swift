import DequeModule
package import DurableLog
import HashTreeCollections
package import OAuthProtocol
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
    /// Ids of dynamic clients in the order of registration; ids used since are skipped when one must be evicted.
    private var neverUsed: Deque<String> = []
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

    package func register(_ client: Client) throws(StoreError) -> Receipt<ClientRegistration> {
        try journal.requireAvailability()
        guard dynamicCount < limits.dynamicClientsMax || evictOne(now: client.issuedAt) else {
            return journal.receipt(.full)
        }
        return put(client)
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

    private func put(_ client: Client) -> Receipt<ClientRegistration> {
        journal.receipt(.registered, at: append(client))
    }

    private func append(_ client: Client) -> JournalPosition {
        let record = ClientRecord(client: client, lastUsedAt: entry(client.id)?.record.lastUsedAt)
        insert(record)
        return journal.append(record.record(.putClient))
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

    private func evict(_ id: String) {
        guard forget(id) else { return }
        _ = recordRemoval(of: id)
    }

    /// The number of clients known by registration or document, for metrics.
    package var count: Int {
        dynamicCount
    }

    // MARK: - Table

    private func insert(_ record: ClientRecord) {
        let entry = Entry(record)
        if entries.withLock({ $0.updateValue(entry, forKey: record.client.id) }) == nil {
            dynamicCount += 1
            if let lastUsedAt = record.lastUsedAt {
                uses.append(record.client.id, at: lastUsedAt)
            } else {
                neverUsed.append(record.client.id)
            }
        }
    }

    private func forget(_ id: String) -> Bool {
        guard entries.withLock({ $0.removeValue(forKey: id) }) != nil else { return false }
        dynamicCount -= 1
        // Evicted clients are at the front; only a manual removal searches further.
        if let index = neverUsed.firstIndex(of: id) {
            neverUsed.remove(at: index)
        }
        return true
    }

    private func noteUse(_ id: String, at moment: Timestamp) {
        uses.append(id, at: moment)
        uses.sweep(clientCount: entries.withLock(\.count)) { entry($0)?.record.lastUsedAt }
    }

    // CR-10, FD-8: the oldest client that was never used is evicted, otherwise one that was not used for 90 days. No
    // session of such a client is left, because an unused session ends within 30.
    private func evictOne(now: Timestamp) -> Bool {
        while let id = neverUsed.first {
            if let entry = entry(id), entry.record.lastUsedAt == nil {
                evict(id)
                return true
            }
            neverUsed.removeFirst()
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
            insert(record)
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
