import Foundations
package import OAuthProtocol
import OAuthState
package import OpenSSLCrypto

/// RFC 9449 §8: nonces that this server wants in proofs, so that a proof cannot have been made in advance.
///
/// Nothing is stored: a nonce is the moment of its issue, sealed. Every node with the server's secret knows it, also
/// after a restart, and an old one is recognized by what it says.
package struct ProofNonces: Sendable {
    /// What a presented nonce is worth.
    package enum Standing: Hashable, Sendable {
        /// Accepted.
        case current
        /// Accepted, and about to end: the answer brings the next one (RFC 9449 §8.2).
        case aging
        /// Missing, expired, or not ours.
        case refused
    }

    private let sealing: TextSealing
    private static let purpose = "gatehouse dpop nonce 1"

    /// How long a nonce is accepted.
    package static let lifetime: Duration = .seconds(300)
    /// The age at which an answer brings the next nonce.
    package static let renewal: Duration = .seconds(150)
    /// How far the clock of the node that issued a nonce may be ahead.
    private static let skew: Duration = .seconds(60)

    /// Nonces under a key derived from the server's secret.
    package init(secret: [UInt8], random: any RandomSource) throws(CryptoError) {
        sealing = try TextSealing(secret: secret, domain: Self.purpose, random: random)
    }

    /// A nonce of this moment; `nil` if it cannot be sealed, and then the client is asked for one at its next request.
    package func fresh(_ now: Timestamp) -> String? {
        var writer = BinaryWriter(reserving: 8)
        writer.write(now)
        // The client loses a round trip; nothing is accepted that should not be.
        return try? sealing.seal(writer.bytes, for: Self.purpose)
    }

    /// What a nonce is worth now.
    package func standing(of nonce: String?, now: Timestamp) -> Standing {
        guard let nonce,
            let issuedAt = sealing.open(
                nonce,
                for: Self.purpose,
                { (reader) throws(RecordError) in
                    try reader.timestamp()
                }
            ),
            issuedAt <= now + Self.skew, now < issuedAt + Self.lifetime
        else { return .refused }
        return now < issuedAt + Self.renewal ? .current : .aging
    }
}
