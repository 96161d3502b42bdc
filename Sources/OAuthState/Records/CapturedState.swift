package import DurableLog

/// A store's state at one moment: an immutable copy taken in O(1), and how to turn it into records outside the actor.
package struct CapturedState: Sendable {
    /// The copy contains every change up to and including this position.
    package let position: JournalPosition
    /// Passes every row of the copy to the closure, as a record.
    package let forEachRecord: @Sendable (_ body: ([UInt8]) throws -> Void) throws -> Void

    /// A copy at a position.
    package init(
        position: JournalPosition,
        forEachRecord: @escaping @Sendable (_ body: ([UInt8]) throws -> Void) throws -> Void
    ) {
        self.position = position
        self.forEachRecord = forEachRecord
    }
}
