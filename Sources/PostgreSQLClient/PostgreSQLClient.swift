package import Logging
import Synchronization

/// A client of a PostgreSQL server: libpq's pipeline mode on one thread, over a few connections.
///
/// A transaction never blocks the caller's thread. Connections are made when the first transaction needs them, and
/// again, ever more slowly up to 1.6 s, while the server cannot be reached. A task whose transaction was sent is
/// answered by its result even when the task is cancelled, because a change must not be forgotten.
package final class PostgreSQLClient: Sendable {
    private let loop: DatabaseLoop
    private let settings: ClientSettings
    private let runs = Atomic<Int>(0)

    /// Starts the client's thread; throws `unavailable` when the system lacks the resources.
    package init(_ settings: ClientSettings, logger: Logger) throws(DatabaseError) {
        guard let loop = DatabaseLoop.start(settings, logger: logger) else { throw .unavailable }
        self.loop = loop
        self.settings = settings
    }

    deinit { loop.abandon() }

    /// Whether there is a connection.
    package var isConnected: Bool { loop.isConnected }

    /// How many transactions were asked for so far: each is one round trip, however many commands it has.
    package var transactionCount: Int { runs.load(ordering: .relaxed) }

    /// Runs commands as one transaction in one round trip; returns the rows of each when it is committed.
    package func run(_ commands: [Command]) async throws(DatabaseError) -> [[[Value]]] {
        runs.add(1, ordering: .relaxed)
        let deadline = ContinuousClock.now + settings.answerTimeout
        let outcome: Submission.Outcome = await withCheckedContinuation { continuation in
            loop.post(.run(Submission(commands: commands, deadline: deadline, continuation: continuation)))
        }
        return try outcome.get()
    }

    /// Answers what is under way, refuses what comes later, and waits until the connections have ended.
    package func shutdown() async { await loop.shutdown() }
}
