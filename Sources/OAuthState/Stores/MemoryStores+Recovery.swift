package import DurableLog

extension MemoryStores {
    /// Rebuilds the state from a storage directory: the snapshot's rows, then the journal's changes, in their order.
    ///
    /// All cores work at it: several threads open and inflate pieces of the storage and read their records, while this
    /// task makes their changes in their order, some thousands in each turn of an actor.
    ///
    /// - Throws: ``StorageError`` when the storage cannot be read, ``RecordError`` when a record has no known form.
    package func recover(from store: DurableStore) async throws {
        let readers = RecordReaders(sections.map(\.store))
        var replay = try store.batchedReplay()
        var openings = OrderedWork<OpenedPiece>(weightMax: Self.openedByteCountMax)
        var readings = OrderedWork<[RecordReaders.Changes]>(weightMax: Self.readCountMax)
        var group = RecordGroup()
        while true {
            while openings.hasRoom, let piece = try replay.nextPiece() {
                openings.add(weight: piece.byteCount) { try piece.open() }
            }
            guard let opened = try await openings.next() else { break }
            for batch in try replay.batches(in: opened) {
                guard let full = group.add(batch) else { continue }
                if !readings.hasRoom { await Self.make(try await readings.next()) }
                readings.add(weight: 1) { try readers.read(full) }
            }
        }
        readings.add(weight: 1) { [group] in try readers.read(group.batches) }
        while let changes = try await readings.next() { await Self.make(changes) }
    }

    private static func make(_ changes: [RecordReaders.Changes]?) async {
        for changes in changes ?? [] { await changes() }
    }

    /// How much is opened before its turn: more than a group, so that the next one is there when its turn comes.
    private static let openedByteCountMax = 72 << 20
    /// How many groups are read before their turn: one while the changes of another are made.
    private static let readCountMax = 2
}

/// Batches until there are enough of them to be read and made together.
private struct RecordGroup {
    private(set) var batches: [RecordBatch] = []
    private var byteCount = 0

    /// Some hundred thousand rows: the more there are, the more of them meet in a node of their table.
    private static let byteCountMax = 24 << 20

    /// Adds a batch; returns all of them when they are enough.
    mutating func add(_ batch: RecordBatch) -> [RecordBatch]? {
        batches.append(batch)
        byteCount += batch.bytes.count
        guard byteCount >= Self.byteCountMax else { return nil }
        defer { self = RecordGroup() }
        return batches
    }
}

/// Reads records on any thread, each in the name of the store that wrote it.
private struct RecordReaders: Sendable {
    /// Makes what was read happen, in one turn of its store.
    typealias Changes = @Sendable () async -> Void

    private let stores: [any RecordedStore]
    /// By the kind's number, the index of its store.
    private let owners: [Int?]

    init(_ stores: [any RecordedStore]) {
        self.stores = stores
        var owners = [Int?](repeating: nil, count: 256)
        for (index, store) in stores.enumerated() {
            for kind in type(of: store).recordKinds { owners[Int(kind.rawValue)] = index }
        }
        self.owners = owners
    }

    /// Reads batches.
    ///
    /// The stores know nothing of each other: the order of the records counts within each of them only, so each store's
    /// come together.
    func read(_ batches: [RecordBatch]) throws(RecordError) -> [Changes] {
        var shares = [[RecordBatch]](repeating: [], count: stores.count)
        for batch in batches {
            var records = [[Range<Int>]](repeating: [], count: stores.count)
            for record in batch.records {
                guard !record.isEmpty, let owner = owners[Int(batch.bytes[record.lowerBound])] else {
                    throw RecordError("a record of a kind that is unknown to this version")
                }
                records[owner].append(record)
            }
            for (owner, records) in records.enumerated() where !records.isEmpty {
                shares[owner].append(RecordBatch(bytes: batch.bytes, records: records))
            }
        }
        var changes: [Changes] = []
        for (store, share) in zip(stores, shares) where !share.isEmpty {
            changes.append(try store.changes(in: share))
        }
        return changes
    }
}
