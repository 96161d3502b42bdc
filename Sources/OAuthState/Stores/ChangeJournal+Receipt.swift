import DurableLog

/// How the actors promise their changes: the records are in the journal, and the receipt waits for them.
extension ChangeJournal {
    /// Refuses a change before it is made while the disk takes no records.
    func requireAvailability() throws(StoreError) {
        guard isAvailable else { throw .unavailable }
    }

    /// The receipt of an outcome that depends on the journal up to `position`.
    ///
    /// - Parameters:
    ///   - outcome: What happened.
    ///   - position: The last record of the change; `nil` for all records so far, when nothing was changed and the
    ///     outcome depends on another request's recent change.
    ///   - reversal: Takes the change back.
    /// - Returns: A receipt whose outcome is readable once the journal is durable up to there.
    func receipt<Outcome>(
        _ outcome: Outcome,
        at position: JournalPosition? = nil,
        reversal: Receipt<Outcome>.Reversal? = nil
    ) -> Receipt<Outcome> {
        let position = position ?? lastPosition
        guard !isDurable(position) else { return Receipt(outcome, reversal: reversal) }
        return Receipt(
            outcome,
            settlement: { () throws(StoreError) in
                do throws(JournalError) {
                    try await waitUntilDurable(position)
                } catch {
                    throw .outcomeUnknown
                }
            },
            reversal: reversal
        )
    }
}
