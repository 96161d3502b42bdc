package import DurableLog

/// The meaning of one record for a store's rows.
package protocol RecordedChange: Sendable {
    /// The row's place in its table, as the hash of its key.
    ///
    /// Changes of the same place are made in the order of their records, those of different places in any order. A
    /// store in which every order matters gives all its changes the same place.
    var place: Int { get }
}

/// A store that can be rebuilt from records.
package protocol RecordedStore: Actor {
    /// The meaning of one record.
    associatedtype Change: RecordedChange

    /// The kinds of records that this store writes.
    static var recordKinds: Set<RecordKind> { get }

    /// Reads a record, on any thread: recovery reads many at once.
    static func change(_ kind: RecordKind, _ reader: inout BinaryReader) throws(RecordError) -> Change

    /// Makes one change during recovery, without journaling it.
    func apply(_ change: consuming Change)

    /// Reads records, on any thread, and returns a closure that makes their changes in one turn, without journaling
    /// them.
    nonisolated func changes(in batches: [RecordBatch]) throws(RecordError) -> @Sendable () async -> Void

    /// The current state in O(1), as a value that can be encoded elsewhere, with the position that it includes.
    func capture() -> CapturedState
}

extension RecordedStore {
    /// Reads one record and makes its change, without journaling it.
    package func apply(_ kind: RecordKind, _ reader: inout BinaryReader) throws(RecordError) {
        apply(try Self.change(kind, &reader))
    }

    /// Reads records, each with its kind as first byte.
    package nonisolated func changes(
        in batches: [RecordBatch]
    ) throws(RecordError) -> @Sendable () async -> Void {
        var changes: [Change?] = []
        changes.reserveCapacity(batches.reduce(0) { $0 + $1.records.count })
        var order = PlaceOrder(count: changes.capacity)
        for batch in batches {
            var reader = BinaryReader(batch.bytes)
            for record in batch.records {
                reader.begin(record)
                guard let kind = RecordKind(rawValue: try reader.integer()) else {
                    throw RecordError("a record of a kind that is unknown to this version")
                }
                let change = try Self.change(kind, &reader)
                guard reader.isAtEnd else { throw RecordError("a record is longer than its form") }
                order.append(change.place)
                changes.append(change)
            }
        }
        // Sorted here, outside the actor's turn, which then finds them in order.
        let ordered = order.sorted().map { changes[Int($0)].take() }
        return { await self.make(ordered) }
    }

    private func make(_ changes: [Change?]) {
        for change in changes {
            if let change { apply(change) }
        }
    }
}

/// Sorts changes into the order in which their rows are in a hash tree.
///
/// Most of a large table is outside the processor's caches. Rows in tree order touch each node once for all rows in it,
/// instead of waiting for memory at each row: it halves the time of a large recovery.
private struct PlaceOrder {
    /// Three levels of a tree with 32 children a node: `TreeDictionary` uses a hash from its lowest bits.
    private static let placeCount = 1 << 15
    private var places: [UInt16] = []

    init(count: Int) {
        places.reserveCapacity(count)
    }

    mutating func append(_ place: Int) {
        places.append(UInt16(truncatingIfNeeded: place & (Self.placeCount - 1)))
    }

    /// The indices by place; within a place in their original order.
    func sorted() -> [UInt32] {
        var ends = [Int](repeating: 0, count: Self.placeCount + 1)
        for place in places { ends[Int(place) + 1] += 1 }
        for place in 0..<Self.placeCount { ends[place + 1] += ends[place] }
        var order = [UInt32](repeating: 0, count: places.count)
        for (index, place) in places.enumerated() {
            order[ends[Int(place)]] = UInt32(truncatingIfNeeded: index)
            ends[Int(place)] += 1
        }
        return order
    }
}
