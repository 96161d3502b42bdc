import OAuthProtocol
import OAuthState
package import OpenSSLCrypto

/// Seals what a page of ours hands to the browser and wants back unchanged: links, forms, and logins under way.
///
/// Nothing is stored for a page that is only looked at, so an unauthenticated flood of them costs no memory (LF-2).
package struct PageSealing: Sendable {
    private let key: AES256GCMKey
    private let random: any RandomSource
    private static let nonceByteCount = 12

    /// What something is sealed for; sealed for one purpose, it does not open for another.
    enum Purpose: String {
        case connectLink = "gatehouse connect link 1"
        case form = "gatehouse page form 1"
        case login = "gatehouse page login 1"
    }

    /// Sealing under a key derived from the server's secret.
    package init(secret: [UInt8], random: any RandomSource) throws(CryptoError) {
        key = try AES256GCMKey(
            HKDFSHA256.derive(secret: secret, salt: [], info: Array("gatehouse pages 1".utf8), count: 32)
        )
        self.random = random
    }

    /// Seals bytes into base64url.
    ///
    /// - Throws: `server_error` when the library fails.
    func seal(_ bytes: [UInt8], for purpose: Purpose) throws(OAuthError) -> String {
        let nonce = random.bytes(Self.nonceByteCount)
        do {
            let sealed = try key.seal(bytes, nonce: nonce, authenticating: Array(purpose.rawValue.utf8))
            return Base64URL.encode(nonce + sealed)
        } catch {
            throw OAuthError(.serverError, "the page could not be created")
        }
    }

    /// Opens what was sealed for the same purpose; `nil` for anything else.
    func open(_ text: String, for purpose: Purpose) -> [UInt8]? {
        guard let bytes = Base64URL.decode(text), bytes.count > Self.nonceByteCount else { return nil }
        do {
            return try key.open(
                Array(bytes.dropFirst(Self.nonceByteCount)),
                nonce: Array(bytes.prefix(Self.nonceByteCount)),
                authenticating: Array(purpose.rawValue.utf8)
            )
        } catch {
            return nil
        }
    }
}
