import Logging
import Synchronization

/// How long a start waits for a database that does not answer yet.
final class DatabaseWait: Sendable {
    private let engine: any DatabaseEngine
    private let limit: Duration
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        /// When the start gives up; nil before the first failure.
        var deadline: ContinuousClock.Instant?
        /// The pause before the next try.
        var pause = Duration.milliseconds(100)
    }

    /// The longest pause between two tries; each try to connect takes up to 2 s as well.
    private static let pauseMax = Duration.seconds(2)

    init(_ engine: any DatabaseEngine, limit: Duration, logger: Logger) {
        self.engine = engine
        self.limit = limit
        self.logger = logger
    }

    /// Returns when the state should be opened once more.
    ///
    /// The reasons of failed connections are in the log by themselves.
    ///
    /// - Throws: The failure, when no wait changes it, and ``HostError`` when the time is over.
    func beforeAnotherTry(after failure: any Error) async throws {
        guard engine.isTemporary(failure) else { throw failure }
        let now = ContinuousClock.now
        let (isFirst, deadline, pause) = state.withLock { state in
            let known = state.deadline
            let deadline = known ?? now + limit
            state.deadline = deadline
            let pause = state.pause
            state.pause = min(pause * 2, Self.pauseMax)
            return (known == nil, deadline, pause)
        }
        guard now < deadline else {
            throw HostError(
                description: """
                    the database did not answer within \(limit.components.seconds) s \
                    (storage.postgresql.start_timeout): \(failure)
                    """
            )
        }
        if isFirst {
            logger.warning(
                "the database does not answer yet; the start waits for it",
                metadata: ["seconds": "\(limit.components.seconds)", "error": "\(failure)"]
            )
        }
        try await Task.sleep(for: min(pause, deadline - now))
    }
}
