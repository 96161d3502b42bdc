package import OAuthProtocol
import OAuthState
package import OpenSSLCrypto

/// An authorization request on its way through the consent page, sealed into the form.
///
/// `GET /oauth/authorize` stores nothing: an unauthenticated flood of it costs no memory (LF-2), and any number of tabs
/// stay valid (CO-2, AZ-13). The seal keeps the browser from changing the checked request (CVE-2026-7571), the binding
/// keeps another browser from using it (CSRF, D-54), and the id makes approval single-use (CO-3).
package struct ConsentTicket: Hashable, Sendable {
    /// Names one page: 128 random bits.
    package typealias ID = [UInt8]

    /// Makes approval single-use, and names the page's cookie.
    package var id: ID
    /// The checked request.
    package var request: AuthorizationRequest
    /// Hash of the cookie of the browser that was shown the page.
    package var browser: SHA256Digest
    /// When the page expires and has to be fetched again (AZ-20).
    package var expiry: Timestamp

    /// How long a page is valid.
    package static let lifetime: Duration = .seconds(600)
}

/// Seals and opens consent tickets.
package struct ConsentTicketSealing: Sendable {
    private let sealing: TextSealing
    private let random: any RandomSource
    private static let purpose = "gatehouse consent ticket 4"

    /// Sealing under a key derived from the server's secret.
    package init(secret: [UInt8], random: any RandomSource) throws(CryptoError) {
        sealing = try TextSealing(secret: secret, domain: Self.purpose, random: random)
        self.random = random
    }

    /// A new id for a page.
    package func makeID() -> ConsentTicket.ID {
        random.bytes(16)
    }

    /// The ticket of a page.
    package func seal(
        _ request: AuthorizationRequest,
        id: ConsentTicket.ID,
        browser: SHA256Digest,
        now: Timestamp
    ) throws(CryptoError) -> String {
        var writer = BinaryWriter(reserving: 512)
        writer.write(id)
        writer.write(browser)
        writer.write(now + ConsentTicket.lifetime)
        request.write(to: &writer)
        return try sealing.seal(writer.bytes, for: Self.purpose)
    }

    /// The ticket that a form returned, or `nil` when it is not one of ours; the caller checks its expiry.
    package func open(_ text: String) -> ConsentTicket? {
        sealing.open(text, for: Self.purpose) { (reader) throws(RecordError) in
            let id = try reader.byteArray()
            let browser = try reader.digest()
            let expiry = try reader.timestamp()
            return ConsentTicket(
                id: id,
                request: try AuthorizationRequest(from: &reader),
                browser: browser,
                expiry: expiry
            )
        }
    }
}
