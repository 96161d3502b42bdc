import DurableLog
import OAuthState
import Synchronization

/// A journal that keeps its records for the test to look at and to replay.
final class RecordingJournal: ChangeJournal {
    private let kept = Mutex<[[UInt8]]>([])

    var records: [[UInt8]] { kept.withLock { $0 } }

    func append(_ record: [UInt8]) -> JournalPosition {
        kept.withLock { kept in
            kept.append(record)
            return JournalPosition(sequenceNumber: UInt64(kept.count))
        }
    }

    func waitUntilDurable(_ position: JournalPosition) async throws(JournalError) {}

    var lastPosition: JournalPosition {
        JournalPosition(sequenceNumber: UInt64(kept.withLock { $0.count }))
    }

    var isAvailable: Bool { true }
}

extension RecordedStore {
    /// Applies records as recovery does: a record must be of a known kind and no longer than its form.
    func restore(_ records: [[UInt8]]) throws {
        for record in records {
            try restore(record)
        }
    }

    func restore(_ record: [UInt8]) throws(RecordError) {
        guard let kind = record.first.flatMap(RecordKind.init) else { throw RecordError("unknown kind") }
        var reader = BinaryReader(Array(record.dropFirst()))
        try apply(kind, &reader)
        guard reader.isAtEnd else { throw RecordError("longer than its form") }
    }
}

extension CapturedState {
    /// The rows in their order.
    func rows() throws -> [[UInt8]] {
        var rows: [[UInt8]] = []
        try forEachRecord { rows.append($0) }
        return rows
    }

    /// The rows as a set, for tables have no order.
    func rowSet() throws -> Set<[UInt8]> {
        Set(try rows())
    }
}
