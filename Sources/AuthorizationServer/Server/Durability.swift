package import DurableLog
package import OAuthProtocol

/// ST-1: nothing is acknowledged that is not durable.
///
/// Endpoints wait here, outside the actors.
package struct Durability: Sendable {
    private let journal: any ChangeJournal

    /// Durability by this journal.
    package init(journal: any ChangeJournal) {
        self.journal = journal
    }

    /// Refuses a change before it is made while the journal cannot be written.
    ///
    /// - Throws: `temporarily_unavailable`.
    package func checkAvailability() throws(OAuthError) {
        guard journal.isAvailable else { throw .overloaded }
    }

    /// Returns when everything up to the position would survive a crash.
    ///
    /// - Throws: `temporarily_unavailable`; the change may or may not hold, and the client must not be told that it does.
    package func wait(for position: JournalPosition) async throws(OAuthError) {
        do {
            try await journal.waitUntilDurable(position)
        } catch {
            throw .overloaded
        }
    }

    /// Whether the journal can be written, for readiness.
    package var isAvailable: Bool {
        journal.isAvailable
    }
}
