import AuthorizationServer
package import OAuthProtocol
import Synchronization

/// A clock that only a test moves; shared by the server, the provider and the test.
package final class ManualClock: TimeSource, ElapsedTimeSource {
    private let present: Mutex<Timestamp>

    /// A clock at a fixed moment; by default 2026-11-23T08:00:00Z.
    package init(_ start: Timestamp = Timestamp(secondsSinceEpoch: 1_795_420_800)) {
        present = Mutex(start)
    }

    package func now() -> Timestamp {
        present.withLock { $0 }
    }

    package func nanoseconds() -> Int64 {
        now().millisecondsSinceEpoch * 1_000_000
    }

    /// Moves the clock forward.
    package func advance(by duration: Duration) {
        present.withLock { $0 = $0 + duration }
    }
}
