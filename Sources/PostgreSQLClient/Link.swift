internal import CPostgreSQL
import Glibc

/// One connection in pipeline mode, used only by the loop's thread.
///
/// What was sent is a list of segments, each up to a sync; results come in the same order.
@safe final class Link {
    /// What a part of the conversation, up to a sync, was for.
    private enum Purpose {
        /// A session parameter or a prepared statement.
        case preparation
        /// A transaction; nil when its task was answered already.
        case transaction(Submission?)
    }

    private struct Segment {
        var purpose: Purpose
        /// When the server must have answered it; a later answer comes from a server that hangs.
        let limit: ContinuousClock.Instant
        /// How many commands it has.
        let commandCount: Int
        var rows: [[[Value]]] = []
        /// The first error that the server reported in it.
        var failure: ServerFailure?
        var isUnreadable = false
    }

    /// What an ended transaction came to.
    enum Ending {
        case committed([[[Value]]])
        case failed(ServerFailure)
        case unreadable
    }

    private let connection: DialedConnection
    private var segments: [Segment] = []
    private var preparedNumbers: Set<Int> = []
    /// Whether it is to end as soon as nothing is under way on it.
    var isRetiring = false
    /// Whether bytes wait for room in the socket.
    private(set) var hasUnsentBytes = false

    /// Takes over a connection.
    init(_ connection: DialedConnection) {
        self.connection = connection
    }

    deinit { connection.close() }

    private var pointer: OpaquePointer { unsafe connection.pointer }

    /// The socket, to wait for.
    var descriptor: Int32 { unsafe PQsocket(pointer) }

    /// Transactions without a result.
    var transactionCount: Int {
        segments.reduce(0) { count, segment in
            if case .transaction = segment.purpose { count + 1 } else { count }
        }
    }

    /// When the oldest segment must have been answered.
    var limit: ContinuousClock.Instant? { segments.first?.limit }

    // MARK: - Sending

    /// Sets the session's parameters; false when the connection is unusable.
    func setUp(_ statements: [String], limit: ContinuousClock.Instant) -> Bool {
        for statement in statements {
            guard unsafe PQsendQueryParams(pointer, statement, 0, nil, nil, nil, nil, 1) == 1 else { return false }
        }
        return endSegment(.preparation, limit: limit, commandCount: statements.count)
    }

    /// Sends a transaction, and before it what it needs prepared; false when the connection is unusable.
    ///
    /// A transaction that was not sent whole is answered here; every other is among those of ``takeAll()``.
    func send(_ submission: Submission, limit: ContinuousClock.Instant) -> Bool {
        guard prepare(submission.commands, limit: limit), submission.commands.allSatisfy({ execute($0) }) else {
            // It is in no segment yet. Without its sync nothing of it can be committed.
            submission.continuation.resume(returning: .failure(.unavailable))
            return false
        }
        return endSegment(.transaction(submission), limit: limit, commandCount: submission.commands.count)
    }

    private func prepare(_ commands: [Command], limit: ContinuousClock.Instant) -> Bool {
        for command in commands {
            guard let number = command.number, preparedNumbers.insert(number).inserted else { continue }
            // Up to a sync of its own: the end of the transaction must not undo or skip it.
            guard prepare(command, number), endSegment(.preparation, limit: limit, commandCount: 1) else {
                return false
            }
        }
        return true
    }

    private func prepare(_ command: Command, _ number: Int) -> Bool {
        let types = command.parameters.map(\.type)
        let count = Int32(truncatingIfNeeded: types.count)
        return unsafe PQsendPrepare(pointer, Self.name(number), command.text, count, types) == 1
    }

    private func endSegment(_ purpose: Purpose, limit: ContinuousClock.Instant, commandCount: Int) -> Bool {
        segments.append(Segment(purpose: purpose, limit: limit, commandCount: commandCount))
        return unsafe PQpipelineSync(pointer) == 1 && flush()
    }

    private func execute(_ command: Command) -> Bool {
        let encoded = command.parameters.map(\.parameter)
        // All values in one piece of memory: libpq copies them into its buffer before it returns.
        var bytes: [UInt8] = []
        for value in encoded { bytes += (value ?? []) + [0] }
        return unsafe bytes.withUnsafeBufferPointer { buffer in
            var offset = 0
            var pointers: [UnsafePointer<CChar>?] = unsafe []
            for value in encoded {
                let start = unsafe UnsafeRawPointer(buffer.baseAddress)?.advanced(by: offset)
                unsafe pointers.append(value == nil ? nil : start?.assumingMemoryBound(to: CChar.self))
                offset += (value?.count ?? 0) + 1
            }
            let count = Int32(truncatingIfNeeded: encoded.count)
            let lengths = encoded.map { Int32(truncatingIfNeeded: $0?.count ?? 0) }
            let formats = [Int32](repeating: 1, count: encoded.count)
            guard let number = command.number else {
                let types = command.parameters.map(\.type)
                return unsafe PQsendQueryParams(pointer, command.text, count, types, pointers, lengths, formats, 1) == 1
            }
            return unsafe PQsendQueryPrepared(pointer, Self.name(number), count, pointers, lengths, formats, 1) == 1
        }
    }

    private static func name(_ number: Int) -> String { "s\(number)" }

    /// Gives the socket what it takes; false when the connection is lost.
    func flush() -> Bool {
        let left = unsafe PQflush(pointer)
        hasUnsentBytes = left == 1
        return left >= 0
    }

    // MARK: - Receiving

    /// Reads what has come, and passes each transaction that ended; false when the connection is lost.
    func receive(_ ended: (Submission?, Ending) -> Void) -> Bool {
        let isOpen = unsafe PQconsumeInput(pointer) == 1
        // What came before the end of the connection still counts.
        while unsafe !segments.isEmpty && PQisBusy(pointer) == 0 {
            guard let result = unsafe PQgetResult(pointer) else {
                if unsafe PQstatus(pointer) == CONNECTION_BAD { return false }
                continue
            }
            defer { unsafe PQclear(result) }
            guard unsafe take(result, ended) else { return false }
        }
        return unsafe isOpen && PQstatus(pointer) == CONNECTION_OK
    }

    private func take(_ result: OpaquePointer, _ ended: (Submission?, Ending) -> Void) -> Bool {
        switch unsafe PQresultStatus(result) {
        case PGRES_PIPELINE_SYNC:
            return end(segments.removeFirst(), ended)
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK:
            guard let rows = unsafe ResultReader.rows(result) else {
                segments[0].isUnreadable = true
                return true
            }
            segments[0].rows.append(rows)
        case PGRES_PIPELINE_ABORTED:
            break
        default:
            let failure = unsafe ResultReader.failure(result)
            if segments[0].failure == nil { segments[0].failure = failure }
            // The server says that it ends the connection; no sync follows.
            if case .lostConnection = failure.kind { return false }
        }
        return true
    }

    /// A sync: the transaction is committed, or rolled back.
    private func end(_ segment: Segment, _ ended: (Submission?, Ending) -> Void) -> Bool {
        switch segment.purpose {
        case .preparation:
            // A statement that cannot be prepared fails when it is used, with a message that says less.
            if let failure = segment.failure { ended(nil, .failed(failure)) }
        case .transaction(let submission):
            if let failure = segment.failure {
                ended(submission, .failed(failure))
            } else if segment.isUnreadable || segment.rows.count != segment.commandCount {
                ended(submission, .unreadable)
            } else {
                ended(submission, .committed(segment.rows))
            }
        }
        return true
    }

    // MARK: - Giving up

    /// Takes the transactions whose time is over out; their results are ignored when they come.
    func takeOverdue(_ now: ContinuousClock.Instant) -> [Submission] {
        var overdue: [Submission] = []
        for index in segments.indices {
            if case .transaction(let submission?) = segments[index].purpose, submission.deadline <= now {
                overdue.append(submission)
                segments[index].purpose = .transaction(nil)
            }
        }
        return overdue
    }

    /// The transactions that were sent and have no end.
    func takeAll() -> [Submission] {
        defer { segments = [] }
        return segments.compactMap { segment in
            if case .transaction(let submission) = segment.purpose { submission } else { nil }
        }
    }

    /// The earliest moment at which a task must be answered.
    var deadline: ContinuousClock.Instant? {
        segments.compactMap { segment in
            if case .transaction(let submission) = segment.purpose { submission?.deadline } else { nil }
        }.min()
    }
}
