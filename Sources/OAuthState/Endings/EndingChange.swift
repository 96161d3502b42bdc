package import OAuthProtocol

/// The meaning of one record of the log of endings.
package enum EndingChange: Hashable, Sendable {
    /// An ending.
    case put(Ending)
    /// The last number, and what was dropped at the bound.
    case mark(last: UInt64, loss: EndingLoss?)
    /// The session lives after all.
    case withdraw(SessionID)

    init(_ kind: RecordKind, _ reader: inout BinaryReader) throws(RecordError) {
        switch kind {
        case .putEnding: self = .put(try Ending(from: &reader))
        case .putEndingMark:
            self = .mark(
                last: try reader.integer(),
                loss: try reader.optional { (reader) throws(RecordError) in try EndingLoss(from: &reader) }
            )
        case .withdrawEnding: self = .withdraw(try reader.identifier())
        default: throw RecordError("not a record of the log of endings")
        }
    }

    func apply(to log: inout EndingLog) {
        switch self {
        case .put(let ending): log.append(ending)
        case .mark(let last, let loss): log.restore(last: last, loss: loss)
        case .withdraw(let id): _ = log.withdraw(id)
        }
    }
}

extension EndingLog {
    /// The log as the rows of a snapshot; none before the first ending.
    ///
    /// The mark comes last: entries are taken in the order of their numbers, and none of them is past it.
    var records: [[UInt8]] {
        guard last > 0 else { return [] }
        return entries.map { $0.record(.putEnding) } + [Self.mark(last: last, loss: loss)]
    }

    /// The record of what a snapshot says of the log beside its entries, which it follows.
    package static func mark(last: UInt64, loss: EndingLoss?) -> [UInt8] {
        BinaryWriter.record(.putEndingMark) { writer in
            writer.write(last)
            writer.write(loss) { $1.write(to: &$0) }
        }
    }
}
