import DequeModule
package import DurableLog
import HashTreeCollections
package import OAuthProtocol

/// RFC 7591: owns the clients: pre-registered, dynamically registered and known by metadata document.
package actor ClientRegistry: ClientStore {
    private let journal: any ChangeJournal
    private let limits: StoreLimits
    private let preRegistered: [String: Client]
    private var records: TreeDictionary<String, ClientRecord> = [:]
    /// Ids of dynamic clients in the order of registration; those used since are skipped when one must give way.
    private var neverUsed: Deque<String> = []
    private var uses = UseOrder()
    private var dynamicCount = 0

    /// After how long without use a client may give way to a new one (0.8).
    static let abandonment: Duration = .seconds(90 * 86_400)

    /// A registry that starts with the clients of the configuration.
    package init(preRegistered: [Client], journal: any ChangeJournal, limits: StoreLimits = .init()) {
        self.preRegistered = Dictionary(preRegistered.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        self.journal = journal
        self.limits = limits
    }

    package func client(_ id: String) -> Client? {
        guard let client = preRegistered[id] ?? records[id]?.client else { return nil }
        // A dictionary finds a look-alike of canonically equal characters under the same key.
        return client.id.hasSameBytes(as: id) ? client : nil
    }

    package func register(_ client: Client) -> Recorded<ClientRegistration> {
        guard dynamicCount < limits.dynamicClientsMax || evictOne(now: client.issuedAt) else {
            return Recorded(.full, at: journal.lastPosition)
        }
        return put(client)
    }

    package func replace(_ client: Client) -> Recorded<ClientRegistration> {
        if records[client.id] == nil, dynamicCount >= limits.dynamicClientsMax, !evictOne(now: client.issuedAt) {
            return Recorded(.full, at: journal.lastPosition)
        }
        return put(client)
    }

    private func put(_ client: Client) -> Recorded<ClientRegistration> {
        let record = ClientRecord(client: client, lastUsedAt: records[client.id]?.lastUsedAt)
        insert(record)
        return Recorded(.registered, at: journal.append(record.record(.putClient)))
    }

    package func touch(_ id: String, now: Timestamp) {
        guard var record = records[id] else { return }
        // Once a day is often enough to know who is alive; it keeps the journal small.
        if let last = record.lastUsedAt, now - last < .seconds(86_400) {
            return
        }
        record.lastUsedAt = now
        records[id] = record
        noteUse(id, at: now)
        _ = journal.append(
            BinaryWriter.record(.touchClient) { writer in
                writer.write(id)
                writer.write(now)
            }
        )
    }

    package func remove(_ id: String) -> Recorded<Bool> {
        guard forget(id) else { return Recorded(false, at: journal.lastPosition) }
        return Recorded(true, at: journal.append(BinaryWriter.record(.removeClient) { $0.write(id) }))
    }

    /// How many clients are known by registration or document, for the metric.
    package var count: Int {
        dynamicCount
    }

    // MARK: - Table

    private func insert(_ record: ClientRecord) {
        if records.updateValue(record, forKey: record.client.id) == nil {
            dynamicCount += 1
            if let lastUsedAt = record.lastUsedAt {
                uses.append(record.client.id, at: lastUsedAt)
            } else {
                neverUsed.append(record.client.id)
            }
        }
    }

    private func forget(_ id: String) -> Bool {
        guard records.removeValue(forKey: id) != nil else { return false }
        dynamicCount -= 1
        // Evicted clients stand in front; only a removal by hand looks further.
        if let index = neverUsed.firstIndex(of: id) {
            neverUsed.remove(at: index)
        }
        return true
    }

    private func noteUse(_ id: String, at moment: Timestamp) {
        uses.append(id, at: moment)
        uses.sweep(clientCount: records.count) { records[$0]?.lastUsedAt }
    }

    // CR-10, 0.8: the oldest client that was never used gives way, else one that nobody has used for 90 days; no session of
    // such a client is left, for a session without use ends within 30.
    private func evictOne(now: Timestamp) -> Bool {
        while let id = neverUsed.first {
            if let record = records[id], record.lastUsedAt == nil {
                _ = remove(id)
                return true
            }
            neverUsed.removeFirst()
        }
        guard
            let id = uses.first(lastUse: { records[$0]?.lastUsedAt }), let last = records[id]?.lastUsedAt,
            now - last >= Self.abandonment
        else { return false }
        _ = remove(id)
        return true
    }
}

extension ClientRegistry: RecordedStore {
    package static let recordKinds: Set<RecordKind> = [.putClient, .touchClient, .removeClient]

    /// What one record says of a client.
    package enum Change: RecordedChange {
        case put(ClientRecord)
        case touch(String, Timestamp)
        case remove(String)

        /// The order of registrations and uses counts.
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
            // A snapshot may have forgotten the client that the journal before it touched.
            guard records[id] != nil else { return }
            records[id]?.lastUsedAt = lastUsedAt
            noteUse(id, at: lastUsedAt)
        case .remove(let id):
            _ = forget(id)
        }
    }

    package func capture() -> CapturedState {
        let records = records
        return CapturedState(position: journal.lastPosition) { body in
            // In the order of registration, which recovery keeps: the oldest unused client gives way first (CR-10).
            for record in records.values.sorted(by: { $0.client.issuedAt < $1.client.issuedAt }) {
                try body(record.record(.putClient))
            }
        }
    }
}
