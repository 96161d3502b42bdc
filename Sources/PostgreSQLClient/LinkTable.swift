import Logging

/// The connections of one loop and the transactions that wait for them, used only by the loop's thread.
final class LinkTable {
    private let settings: ClientSettings
    private let dialer: Dialer
    private let logger: Logger
    private(set) var links: [Link] = []
    private var waiting: ArraySlice<Submission> = []
    private var dialingCount = 0
    private var failedDials = 0
    /// After a failure: when the next connection is tried.
    private var nextDial: ContinuousClock.Instant?

    init(_ settings: ClientSettings, logger: Logger) {
        self.settings = settings
        self.logger = logger
        dialer = Dialer(settings)
    }

    /// Whether there is a connection.
    var isConnected: Bool { !links.isEmpty }

    func handle(_ message: DatabaseLoop.Message, from loop: DatabaseLoop) {
        switch message {
        case .run(let submission):
            // With no connection, and after an attempt that failed, waiting would only make the refusal late.
            guard waiting.count < settings.waitingMax, !(links.isEmpty && failedDials > 0) else {
                return submission.continuation.resume(returning: .failure(.unavailable))
            }
            waiting.append(submission)
        case .dialed(.success(let connection)):
            dialingCount -= 1
            adopt(connection)
        case .dialed(.failure(let failure)):
            dialingCount -= 1
            noteFailedDial(failure)
        }
    }

    private func adopt(_ connection: DialedConnection) {
        let link = Link(connection)
        guard link.setUp(settings.sessionStatements, limit: .now + settings.answerTimeout) else {
            return noteFailedDial(DialFailure(reason: "the connection was lost at once"))
        }
        if failedDials > 0 { logger.notice("The database is reachable again") }
        (failedDials, nextDial) = (0, nil)
        links.append(link)
    }

    private func noteFailedDial(_ failure: DialFailure) {
        let delay = Duration.milliseconds(100 << min(failedDials, 4))
        failedDials += 1
        nextDial = .now + delay
        let level: Logger.Level = failedDials == 1 ? .error : .debug
        logger.log(
            level: level,
            "No connection to the database; trying again",
            metadata: ["reason": "\(failure.reason)"]
        )
        guard links.isEmpty else { return }
        for submission in waiting { submission.continuation.resume(returning: .failure(.unavailable)) }
        waiting = []
    }

    // MARK: - A turn of the loop

    /// Reads from and writes to a connection whose socket is ready.
    func serve(_ link: Link) {
        let isOpen = link.receive { settle($0, $1, on: link) }
        if !isOpen || !link.flush() { drop(link, "the connection was lost") }
    }

    /// Does what is due; returns when it must be called again at the latest.
    func advance(_ loop: DatabaseLoop) -> ContinuousClock.Instant? {
        let now = ContinuousClock.now
        expire(now)
        dispatch(now)
        dialIfNeeded(now, loop)
        var next = waiting.map(\.deadline).min()
        for moment in links.flatMap({ [$0.limit, $0.deadline] }) + [dialingCount == 0 ? nextDial : nil] {
            if let moment { next = min(next ?? moment, moment) }
        }
        return next
    }

    private func expire(_ now: ContinuousClock.Instant) {
        for link in links {
            for submission in link.takeOverdue(now) {
                submission.continuation.resume(returning: .failure(.outcomeUnknown))
            }
            if let limit = link.limit, limit <= now {
                drop(link, "the database does not answer")
            } else if link.isRetiring, link.transactionCount == 0 {
                drop(link, "the connection no longer fits the database")
            }
        }
        guard waiting.contains(where: { $0.deadline <= now }) else { return }
        for submission in waiting where submission.deadline <= now {
            submission.continuation.resume(returning: .failure(.unavailable))
        }
        waiting.removeAll { $0.deadline <= now }
    }

    private func dispatch(_ now: ContinuousClock.Instant) {
        while let submission = waiting.first {
            let usable = links.filter { !$0.isRetiring && $0.transactionCount < settings.pipelineDepth }
            guard let link = usable.min(by: { $0.transactionCount < $1.transactionCount }) else { return }
            waiting.removeFirst()
            // The server gives up a statement before; one that is not even refused by then hangs.
            let limit = now + settings.answerTimeout * 2
            if !link.send(submission, limit: limit) { drop(link, "the connection was lost") }
        }
    }

    private func dialIfNeeded(_ now: ContinuousClock.Instant, _ loop: DatabaseLoop) {
        let usable = links.filter { !$0.isRetiring }
        let isBusy = usable.allSatisfy { $0.transactionCount > 0 }
        guard isBusy, dialingCount == 0, links.count < settings.connectionCount else { return }
        if let nextDial, nextDial > now { return }
        dialingCount += 1
        dialer.dial { loop.post(.dialed($0)) }
    }

    // MARK: - Ends

    private func settle(_ submission: Submission?, _ ending: Link.Ending, on link: Link) {
        var outcome = Submission.Outcome.failure(.unavailable)
        switch ending {
        case .committed(let rows):
            outcome = .success(rows)
        case .unreadable:
            logger.error("The database answered with a type that is not understood")
            // The transaction is committed, but what it came to is not known.
            outcome = .failure(.outcomeUnknown)
        case .failed(let failure):
            if repeats(submission, after: failure, on: link) { return }
        }
        submission?.continuation.resume(returning: outcome)
    }

    /// Whether a transaction that was rolled back is tried again.
    private func repeats(_ submission: Submission?, after failure: ServerFailure, on link: Link) -> Bool {
        switch failure.kind {
        case .conflict: break
        case .staleConnection: link.isRetiring = true
        case .lostConnection, .refused: return false
        case .fault:
            logger.error(
                "The database refuses a statement",
                metadata: ["sqlstate": "\(failure.sqlState)", "reason": "\(failure.message)"]
            )
            return false
        }
        guard var submission, submission.conflictCount < Self.conflictMax, ContinuousClock.now < submission.deadline
        else {
            return false
        }
        submission.conflictCount += 1
        waiting.append(submission)
        return true
    }

    /// How often a transaction is repeated that others get in the way of.
    private static let conflictMax = 5

    private func drop(_ link: Link, _ reason: String) {
        guard let index = links.firstIndex(where: { $0 === link }) else { return }
        links.remove(at: index)
        let lost = link.takeAll()
        logger.warning(
            "A connection to the database ended",
            metadata: ["reason": "\(reason)", "transactions": "\(lost.count)"]
        )
        for submission in lost { submission.continuation.resume(returning: .failure(.outcomeUnknown)) }
    }

    /// Answers everything; no connection is left.
    func close() {
        for submission in waiting { submission.continuation.resume(returning: .failure(.unavailable)) }
        waiting = []
        for link in links {
            for submission in link.takeAll() { submission.continuation.resume(returning: .failure(.outcomeUnknown)) }
        }
        links = []
    }
}

extension ClientSettings {
    /// What each session begins with.
    fileprivate var sessionStatements: [String] {
        [
            "SELECT set_config('statement_timeout', '\(statementTimeout.milliseconds)', false)",
            // libpq writes notices to standard error, past the log.
            "SELECT set_config('client_min_messages', 'warning', false)",
            // Our statements are short; compiling one takes longer than running it.
            "SELECT set_config('jit', 'off', false)",
            "SELECT set_config('default_transaction_isolation', 'read committed', false)",
            // A commit that was acknowledged is on the disk, whatever the server's default; a stronger one is kept.
            """
            SELECT set_config('synchronous_commit', CASE WHEN current_setting('synchronous_commit') IN ('off', 'local') \
            THEN 'on' ELSE current_setting('synchronous_commit') END, false)
            """,
        ]
    }
}

extension Duration {
    /// In whole milliseconds.
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
