import OAuthProtocol
import Synchronization

/// A clock that does not run until it is moved.
final class TestTime: TimeSource {
    private let moment = Mutex(Timestamp(secondsSinceEpoch: 1_795_000_000))

    func now() -> Timestamp { moment.withLock { $0 } }

    func advance(by duration: Duration) {
        moment.withLock { $0 = $0 + duration }
    }
}
