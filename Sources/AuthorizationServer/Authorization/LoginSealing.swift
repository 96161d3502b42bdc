package import OAuthProtocol
import OAuthState
package import OpenSSLCrypto

/// Seals the user who logged in with a browser into a cookie, so that a remembered consent finds its user.
package struct LoginSealing: Sendable {
    private let sealing: TextSealing
    private static let purpose = "gatehouse browser login 1"

    /// How long a browser is remembered.
    package static let lifetime: Duration = .seconds(8 * 3600)

    /// Sealing under a key derived from the server's secret.
    package init(secret: [UInt8], random: any RandomSource) throws(CryptoError) {
        sealing = try TextSealing(secret: secret, domain: Self.purpose, random: random)
    }

    /// The cookie's value for a user; a new one at every login (D-61).
    package func seal(_ userID: UserID, now: Timestamp) throws(CryptoError) -> String {
        var writer = BinaryWriter(reserving: 32)
        writer.write(userID)
        writer.write(now + Self.lifetime)
        return try sealing.seal(writer.bytes, for: Self.purpose)
    }

    /// The user of a cookie, or `nil` when it is forged or has expired (D-56).
    package func open(_ text: String, now: Timestamp) -> UserID? {
        sealing.open(text, for: Self.purpose) { (reader) throws(RecordError) in
            let userID = try reader.identifier(UserID.self)
            return try reader.timestamp() > now ? userID : nil
        } ?? nil
    }
}
