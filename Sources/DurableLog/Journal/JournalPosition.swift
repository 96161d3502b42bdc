/// A place in the history of changes: how many records precede it.
///
/// Positions are compared, never computed with: a record is durable once the journal's durable position has reached the
/// one that `append` returned for it.
package struct JournalPosition: Hashable, Comparable, Sendable {
    /// The number of the last record before this position; the first record has number 1.
    package let sequenceNumber: UInt64

    /// The position after the record with this number.
    package init(sequenceNumber: UInt64) {
        self.sequenceNumber = sequenceNumber
    }

    /// The position before the first record.
    package static let beginning = JournalPosition(sequenceNumber: 0)

    /// Whether one position precedes the other in the history.
    package static func < (left: JournalPosition, right: JournalPosition) -> Bool {
        left.sequenceNumber < right.sequenceNumber
    }
}
