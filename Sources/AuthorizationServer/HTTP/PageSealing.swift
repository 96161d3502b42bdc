import OAuthProtocol
import OAuthState
package import OpenSSLCrypto

/// Seals what our pages hand to the browser and need back unchanged: links, forms, and logins in progress.
///
/// Nothing is stored when a page is shown, so an unauthenticated flood of requests costs no memory (LF-2).
package struct PageSealing: Sendable {
    private let sealing: TextSealing

    /// The purpose of a seal; sealed for one purpose, a text does not open for another.
    enum Purpose: String {
        case connectLink = "gatehouse connect link 1"
        case form = "gatehouse page form 1"
        case login = "gatehouse page login 1"
        case callback = "gatehouse posted callback 1"
    }

    /// Sealing under a key derived from the server's secret.
    package init(secret: [UInt8], random: any RandomSource) throws(CryptoError) {
        sealing = try TextSealing(secret: secret, domain: "gatehouse pages 1", random: random)
    }

    /// Seals bytes into base64url.
    ///
    /// - Throws: `server_error` when the library fails.
    func seal(_ bytes: [UInt8], for purpose: Purpose) throws(OAuthError) -> String {
        do {
            return try sealing.seal(bytes, for: purpose.rawValue)
        } catch {
            throw OAuthError(.serverError, "the page could not be created")
        }
    }

    /// Opens a text that was sealed for the same purpose; `nil` for anything else.
    func open(_ text: String, for purpose: Purpose) -> [UInt8]? {
        sealing.open(text, for: purpose.rawValue)
    }
}
