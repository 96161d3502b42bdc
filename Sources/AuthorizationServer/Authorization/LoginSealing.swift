package import OAuthProtocol
import OAuthState
package import OpenSSLCrypto

/// Seals who logged in with a browser into a cookie, so that a remembered consent finds its user.
package struct LoginSealing: Sendable {
    private let key: AES256GCMKey
    private let random: any RandomSource
    private static let purpose = Array("gatehouse browser login 1".utf8)

    /// How long a browser is remembered.
    package static let lifetime: Duration = .seconds(8 * 3600)

    /// Sealing under a key derived from the server's secret.
    package init(secret: [UInt8], random: any RandomSource) throws(CryptoError) {
        key = try AES256GCMKey(HKDFSHA256.derive(secret: secret, salt: [], info: Self.purpose, count: 32))
        self.random = random
    }

    /// The cookie's value for a user; a new one at every login (D-61).
    package func seal(_ userID: UserID, now: Timestamp) throws(CryptoError) -> String {
        var writer = BinaryWriter(reserving: 32)
        writer.write(userID)
        writer.write(now + Self.lifetime)
        let nonce = random.bytes(12)
        return Base64URL.encode(nonce + (try key.seal(writer.bytes, nonce: nonce, authenticating: Self.purpose)))
    }

    /// The user of a cookie, or `nil` when it is forged or has expired (D-56).
    package func open(_ text: String, now: Timestamp) -> UserID? {
        guard let bytes = Base64URL.decode(text), bytes.count > 12 else { return nil }
        do {
            let opened = try key.open(
                Array(bytes.dropFirst(12)),
                nonce: Array(bytes.prefix(12)),
                authenticating: Self.purpose
            )
            var reader = BinaryReader(opened)
            let userID = try reader.identifier(UserID.self)
            return try reader.timestamp() > now ? userID : nil
        } catch {
            return nil
        }
    }
}
