import OAuthProtocol
import OpenSSLCrypto
import Synchronization

/// A clock that changes only when a test moves it.
final class ManualTime: TimeSource {
    private let moment: Mutex<Timestamp>

    init(secondsSinceEpoch: Int64 = 1_795_000_000) {
        moment = Mutex(Timestamp(secondsSinceEpoch: secondsSinceEpoch))
    }

    func now() -> Timestamp { moment.withLock { $0 } }

    func advance(by duration: Duration) {
        moment.withLock { $0 = $0 + duration }
    }
}

/// Bytes that count up: each value is new, and every run gets the same ones.
final class CountingRandom: RandomSource {
    private let next = Mutex<UInt64>(1)

    func bytes(_ count: Int) -> [UInt8] {
        let start = next.withLock { value in
            defer { value += 1 }
            return value
        }
        return Array(SHA256.hash("counting \(start)").bytes.prefix(count))
    }
}
