package import OAuthProtocol
package import OpenSSLCrypto
import Synchronization

/// RFC 7519 §4.1.7: makes the identifiers of tokens, 128 random bits each.
///
/// Random bytes are drawn for many identifiers at once, because each draw costs a system call. Identifiers are not
/// secret, so some may be kept ready.
package final class TokenIDSource: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var used = 0
    }

    private let random: any RandomSource
    private let state = Mutex(State())

    private static let namesPerDraw = 64
    private static let byteCount = 16

    /// Identifiers from the randomness of `random`.
    package init(random: any RandomSource) {
        self.random = random
    }

    /// An identifier that no other token has.
    package func next() -> TokenID {
        state.withLock { state in
            if state.used == state.bytes.count {
                state.bytes = random.bytes(Self.namesPerDraw * Self.byteCount)
                state.used = 0
            }
            defer { state.used += Self.byteCount }
            return TokenID(state.bytes.span.extracting(state.used..<state.used + Self.byteCount))
        }
    }
}
