package import Logging
package import OAuthProtocol
import Synchronization

/// The requests that the server under test has answered, as its log describes them: with route, method and status,
/// without paths, parameters and headers, which may have secrets.
package final class ServerRequestCapture: Sendable {
    private struct State {
        var requests: [(route: String, json: JSONObject)] = []
        /// All since the start or the last removal, including those that are no longer kept.
        var counts: [String: Int] = [:]
        var observers: [(route: String?, count: Int, continuation: AsyncStream<Never>.Continuation)] = []

        func count(_ route: String?) -> Int {
            route.map { counts[$0, default: 0] } ?? counts.values.reduce(0, +)
        }
    }

    /// The most requests that are kept; older ones are removed.
    package static let requestCountMax = 10_000

    private let clock: any TimeSource
    private let state = Mutex(State())

    /// An empty list, whose entries have the time of `clock`.
    package init(clock: any TimeSource) {
        self.clock = clock
    }

    /// A logger that records the requests and passes every line on.
    package func logger(over base: Logger) -> Logger {
        Logger(label: base.label) { _ in RequestLogHandler(capture: self, base: base) }
    }

    /// The kept requests, oldest first, of one route or of all.
    package func requests(on route: String?) -> [JSONObject] {
        state.withLock { $0.requests }.filter { route == nil || $0.route == route }.map(\.json)
    }

    /// How many requests a route, or all together, have had.
    package func count(on route: String?) -> Int { state.withLock { $0.count(route) } }

    /// Waits until a route has had that many requests, or the task is cancelled.
    package func wait(for count: Int, on route: String?) async {
        let (stream, continuation) = AsyncStream<Never>.makeStream()
        let isThere = state.withLock { state in
            guard state.count(route) < count else { return true }
            state.observers.append((route, count, continuation))
            return false
        }
        if isThere { return }
        for await _ in stream {}
    }

    /// Forgets the requests.
    package func clear() {
        state.withLock { state in
            state.requests = []
            state.counts = [:]
        }
    }

    /// Keeps a request if these are the fields of a log line about one.
    package func record(_ metadata: Logger.Metadata) {
        guard let route = metadata["route"]?.description else { return }
        var json: JSONObject = ["route": .string(route), "time": .integer(Int(clock.now().secondsSinceEpoch))]
        for name in ["request_id", "method", "source"] {
            json[name] = metadata[name].map { .string($0.description) }
        }
        json["status"] = (metadata["status"]?.description).flatMap(Int.init).map(JSONValue.integer)
        let met = state.withLock { state in
            if state.requests.count == Self.requestCountMax { state.requests.removeFirst() }
            state.requests.append((route, json))
            state.counts[route, default: 0] += 1
            let observers = state.observers
            state.observers = observers.filter { state.count($0.route) < $0.count }
            return observers.filter { state.count($0.route) >= $0.count }
        }
        for observer in met { observer.continuation.finish() }
    }
}

/// Looks at the lines about requests, whatever level the log shows.
private struct RequestLogHandler: LogHandler {
    let capture: ServerRequestCapture
    let base: Logger
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    init(capture: ServerRequestCapture, base: Logger) {
        self.capture = capture
        self.base = base
        logLevel = min(base.logLevel, .info)
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let members = metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 })
        if event.message.description == "request" { capture.record(members) }
        base.log(level: event.level, event.message, metadata: members)
    }
}
