package import DurableLog
package import OAuthProtocol

/// Owns the streams of the receivers of events.
package actor EventStreams: EventStreamStore {
    let journal: any ChangeJournal
    private let limits: StoreLimits
    private(set) var rows: [EventStreamID: EventStream] = [:]
    /// Which process pushes a stream; of no use after a restart, so it is in no record.
    var pushLeases: [EventStreamID: HeldLease] = [:]

    /// An empty store.
    package init(journal: any ChangeJournal, limits: StoreLimits = .init()) {
        self.journal = journal
        self.limits = limits
    }

    /// How many there are.
    package var count: Int { rows.count }

    package func add(_ stream: EventStream, now: Timestamp) throws(StoreError) -> Receipt<Void> {
        try journal.requireAvailability()
        var own = streams(of: stream.clientID)
        while own.count >= limits.eventStreamsPerReceiverMax,
            let index = own.indices.min(by: { own[$0].usedAt < own[$1].usedAt })
        {
            drop(own.remove(at: index).id)
        }
        return journal.receipt((), at: put(stream))
    }

    package func update(_ stream: EventStream) throws(StoreError) -> Receipt<Bool> {
        try journal.requireAvailability()
        guard let stored = rows[stream.id], stored.clientID == stream.clientID else { return journal.receipt(false) }
        var changed = stream
        changed.position = stored.position
        return journal.receipt(true, at: put(changed))
    }

    package func acknowledge(
        _ acknowledgement: StreamAcknowledgement,
        of id: EventStreamID,
        now: Timestamp
    ) throws(StoreError) -> Receipt<Bool> {
        try journal.requireAvailability()
        guard var stream = rows[id] else { return journal.receipt(false) }
        guard stream.note(acknowledgement, now: now) else { return Receipt(true) }
        return journal.receipt(true, at: put(stream))
    }

    package func stream(_ id: EventStreamID, of clientID: String) -> EventStream? {
        rows[id].flatMap { $0.clientID == clientID ? $0 : nil }
    }

    package func streams(of clientID: String) -> [EventStream] {
        rows.values.filter { $0.clientID == clientID }.sorted { $0.id.value < $1.id.value }
    }

    package func remove(_ id: EventStreamID, of clientID: String) throws(StoreError) -> Receipt<Bool> {
        try journal.requireAvailability()
        guard stream(id, of: clientID) != nil else { return journal.receipt(false) }
        return journal.receipt(true, at: drop(id))
    }

    /// Drops up to `limit` streams whose receivers are gone.
    package func sweep(now: Timestamp, limit: Int) {
        guard journal.isAvailable else { return }
        let unused = rows.values.lazy.filter { now - $0.usedAt >= EventStream.lifetime }.prefix(limit).map(\.id)
        for id in Array(unused) { drop(id) }
    }

    func put(_ stream: EventStream) -> JournalPosition {
        rows[stream.id] = stream
        return journal.append(stream.record(.putEventStream))
    }

    @discardableResult
    private func drop(_ id: EventStreamID) -> JournalPosition {
        rows[id] = nil
        pushLeases[id] = nil
        return journal.append(BinaryWriter.record(.removeEventStream) { $0.write(id) })
    }
}

extension EventStreams: RecordedStore {
    package static let recordKinds: Set<RecordKind> = [.putEventStream, .removeEventStream]

    /// The meaning of one record.
    package enum Change: RecordedChange {
        case put(EventStream)
        case remove(EventStreamID)

        package var place: Int {
            switch self {
            case .put(let stream): stream.id.hashValue
            case .remove(let id): id.hashValue
            }
        }
    }

    package static func change(_ kind: RecordKind, _ reader: inout BinaryReader) throws(RecordError) -> Change {
        switch kind {
        case .putEventStream: .put(try EventStream(from: &reader))
        case .removeEventStream: .remove(try reader.identifier())
        default: throw RecordError("not a record of the event streams")
        }
    }

    package func apply(_ change: consuming Change) {
        switch consume change {
        case .put(let stream): rows[stream.id] = stream
        case .remove(let id): rows[id] = nil
        }
    }

    package func capture() -> CapturedState {
        let rows = rows
        return CapturedState(position: journal.lastPosition) { body in
            for stream in rows.values { try body(stream.record(.putEventStream)) }
        }
    }
}
