import AuthorizationServer
import OAuthProtocol
import Synchronization

/// The clock of `gatehouse dev`: real time plus an offset, or a fixed moment while it is frozen.
///
/// Server and embedded providers share it, so that both sides of a login agree about what has expired.
final class DevelopmentClock: TimeSource {
    private struct State {
        var offset = Duration.zero
        var frozen: Timestamp?
    }

    private let real: any TimeSource
    private let state = Mutex(State())

    /// A clock at the time of `real`.
    init(real: any TimeSource = SystemTimeSource()) {
        self.real = real
    }

    func now() -> Timestamp {
        let state = state.withLock { $0 }
        return state.frozen ?? real.now() + state.offset
    }

    /// Whether it is stopped.
    var isFrozen: Bool { state.withLock { $0.frozen != nil } }

    /// Moves it forward.
    func advance(by duration: Duration) {
        state.withLock { state in
            state.offset += duration
            state.frozen = state.frozen.map { $0 + duration }
        }
    }

    /// Sets it to a moment, from which it continues, or at which it remains while it is frozen.
    func set(to moment: Timestamp) {
        let real = real.now()
        state.withLock { state in
            state.offset = moment - real
            if state.frozen != nil { state.frozen = moment }
        }
    }

    /// Stops it at the present moment.
    func freeze() {
        let real = real.now()
        state.withLock { state in
            if state.frozen == nil { state.frozen = real + state.offset }
        }
    }

    /// Lets it continue from the moment at which it was stopped.
    func unfreeze() {
        let real = real.now()
        state.withLock { state in
            if let frozen = state.frozen { state.offset = frozen - real }
            state.frozen = nil
        }
    }

    /// Makes it real time again.
    func reset() {
        state.withLock { $0 = State() }
    }
}
