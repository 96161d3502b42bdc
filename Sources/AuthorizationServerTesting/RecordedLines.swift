import AuthorizationServer
import DevelopmentIdentityProvider
import Logging
import OutboundHTTP
import Synchronization

/// A server's log lines, which a test can search.
public final class RecordedLines: Sendable {
    private let lines = Mutex<[String]>([])

    /// No lines.
    package init() {}

    /// Adds a line.
    package func append(_ line: String) {
        lines.withLock { $0.append(line) }
    }

    /// The lines so far.
    public var all: [String] { lines.withLock { $0 } }

    /// The lines that contain a text.
    public func lines(with text: String) -> [String] { all.filter { $0.contains(text) } }
}

/// What a server in a test writes: its log, its audit trail, and the requests that the log is about.
struct Records {
    let log = RecordedLines()
    let auditLog = RecordedLines()
    let requests: ServerRequestCapture
    let logger: Logger

    init(clock: ManualClock) {
        let requests = ServerRequestCapture(clock: clock)
        let lines = log
        self.requests = requests
        logger = Logger(label: "test") { _ in RecordedLogHandler(lines: lines, requests: requests) }
    }

    /// An environment that writes here, with one event loop and a key that is ready.
    func environment(clock: ManualClock, transport: any OutboundTransport) -> ServerEnvironment {
        let auditLog = auditLog
        var environment = ServerEnvironment(
            timeSource: clock,
            clock: clock,
            transport: transport,
            auditSink: UnboundedAuditSink { auditLog.append(String(decoding: $0, as: UTF8.self)) },
            logger: logger
        )
        environment.eventLoopCount = 1
        environment.makeKey = ReadyKeys().key
        return environment
    }
}
