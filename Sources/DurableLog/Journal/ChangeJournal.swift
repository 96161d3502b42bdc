/// Orders all changes of state, and reports whether one of them would survive a crash.
///
/// The owner of some state appends a record within the same synchronous step that changes the state, so that the
/// journal has the changes in their order. The code that answers the request waits for the returned position, outside
/// the owner, before the answer leaves: nothing is acknowledged that a crash could undo.
package protocol ChangeJournal: Sendable {
    /// Takes a record into the journal's buffer, without I/O and without waiting.
    ///
    /// - Parameter record: The change, in the bytes that recovery returns.
    /// - Returns: The position after the record.
    func append(_ record: [UInt8]) -> JournalPosition

    /// Returns once every record up to the position is as safe as the journal's policy promises.
    ///
    /// A position that is already safe returns without suspension.
    ///
    /// - Parameter position: The result of `append`.
    /// - Throws: `JournalError.unavailable` if the disk does not take the records: the change must not be acknowledged.
    func waitUntilDurable(_ position: JournalPosition) async throws(JournalError)

    /// Whether ``waitUntilDurable(_:)`` would return at once, as far as is known without waiting.
    func isDurable(_ position: JournalPosition) -> Bool

    /// The position after the last appended record.
    var lastPosition: JournalPosition { get }

    /// Whether the disk takes records; while it does not, changes must be refused before they are made.
    var isAvailable: Bool { get }
}

extension ChangeJournal {
    /// Not known without waiting.
    package func isDurable(_ position: JournalPosition) -> Bool { false }
}
