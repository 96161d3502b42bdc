import SocketHTTP
import Synchronization

/// Whether the server takes requests, as the readiness check reports it.
final class Readiness: Sendable {
    enum State: Sendable {
        case starting
        case ready
        case draining
    }

    private let state = Mutex(State.starting)

    var current: State { state.withLock { $0 } }

    func set(_ new: State) {
        state.withLock { $0 = new }
    }
}

/// Gives the metrics the engine's counters, which exist only after the table of routes.
final class ServerCountersSource: Sendable {
    private let read = Mutex<(@Sendable () -> ServerCounters)?>(nil)

    func set(_ closure: @escaping @Sendable () -> ServerCounters) {
        read.withLock { $0 = closure }
    }

    var current: ServerCounters? {
        let closure = read.withLock { $0 }
        return closure?()
    }
}
