import AuthorizationServer
package import OAuthProtocol
import Synchronization

/// The clock of a server in a test, of its provider and of the test: fixed until it is moved, or following real time
/// plus what it was moved by.
package final class ManualClock: TimeSource, ElapsedTimeSource {
    private let start: Timestamp?
    private let offset = Mutex(Duration.zero)

    /// A clock at a fixed moment, which only `advance` changes; by default 2026-11-23T08:00:00Z.
    package init(_ start: Timestamp = Timestamp(secondsSinceEpoch: 1_795_420_800)) {
        self.start = start
    }

    private init(start: Timestamp?) {
        self.start = start
    }

    /// A clock that goes on by itself, so that verifiers with a clock of their own accept the server's tokens.
    package static func following() -> ManualClock { ManualClock(start: nil) }

    package func now() -> Timestamp {
        (start ?? SystemTimeSource().now()) + offset.withLock { $0 }
    }

    package func nanoseconds() -> Int64 {
        now().millisecondsSinceEpoch * 1_000_000
    }

    /// Moves the clock forward.
    package func advance(by duration: Duration) {
        offset.withLock { $0 += duration }
    }
}
