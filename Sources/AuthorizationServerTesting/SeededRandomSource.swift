import OpenSSLCrypto
import Synchronization

/// Random bytes that a seed determines, so that a failed run can be repeated.
///
/// Never use it in production.
package final class SeededRandomSource: RandomSource {
    private let state: Mutex<UInt64>

    /// The sequence of a seed.
    package init(seed: UInt64) {
        state = Mutex(seed)
    }

    // SplitMix64: every seed gives a different sequence of full period.
    package func bytes(_ count: Int) -> [UInt8] {
        state.withLock { state in
            (0..<count).map { _ in
                state &+= 0x9E37_79B9_7F4A_7C15
                var mixed = state
                mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
                mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
                return UInt8(truncatingIfNeeded: mixed ^ mixed >> 31)
            }
        }
    }
}
