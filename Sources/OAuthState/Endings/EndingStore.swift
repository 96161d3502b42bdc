package import OAuthProtocol

/// The log of endings: every session that ended before its time, and every access token that was revoked, in one order.
///
/// Written by the verbs that end something, in the same step, and only where ``StoreSettings/recordsEndings`` asks for
/// it. What is read holds: a crash neither loses an ending that was read nor gives its number to another one.
package protocol EndingStore: Sendable {
    /// The number of the last ending; 0 before the first.
    ///
    /// A hint that there is something to read: it may name an ending that does not hold yet.
    func lastEnding() async throws(StoreError) -> UInt64
    /// The endings after a number in their order, at most `limit`.
    func endings(after sequence: UInt64, limit: Int) async throws(StoreError) -> Receipt<EndingPage>
}

/// A part of the log of endings.
package struct EndingPage: Hashable, Sendable {
    /// The endings.
    package var endings: [Ending]
    /// The number that a reader has reached with this page, and asks from next.
    package var reached: UInt64
    /// Whether there are more.
    package var hasMore: Bool
    /// What the reader missed because the log was full; `nil` if it missed nothing.
    package var loss: EndingLoss?

    /// A page.
    package init(endings: [Ending], reached: UInt64, hasMore: Bool, loss: EndingLoss?) {
        self.endings = endings
        self.reached = reached
        self.hasMore = hasMore
        self.loss = loss
    }
}

/// Endings that were dropped at the bound of the log, although tokens of them may still be valid.
package struct EndingLoss: Hashable, Sendable {
    /// The number of the last of them.
    package var sequence: UInt64
    /// When it ended: no token that was issued later belongs to any of them, unless its session lives.
    package var endedAt: Timestamp

    /// A loss.
    package init(sequence: UInt64, endedAt: Timestamp) {
        self.sequence = sequence
        self.endedAt = endedAt
    }
}

extension EndingLoss: RecordCodable {
    package func write(to writer: inout BinaryWriter) {
        writer.write(sequence)
        writer.write(endedAt)
    }

    package init(from reader: inout BinaryReader) throws(RecordError) {
        self.init(sequence: try reader.integer(), endedAt: try reader.timestamp())
    }
}
