package import DurableLog

/// What a store's verb returned, with the journal position that must be durable before the answer leaves (ST-1).
package struct Recorded<Outcome: Sendable>: Sendable {
    /// What happened.
    package let outcome: Outcome
    /// Everything that the outcome rests on stands in the journal at or before this position.
    package let position: JournalPosition

    /// An outcome that rests on the journal up to `position`.
    package init(_ outcome: Outcome, at position: JournalPosition) {
        self.outcome = outcome
        self.position = position
    }
}
