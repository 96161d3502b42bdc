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

extension AuthorizationRequest {
    func write(to writer: inout BinaryWriter) {
        writer.write(clientID)
        writer.write(redirectURI)
        writer.write(state) { $0.write($1) }
        writer.write(codeChallenge.digest)
        writer.write(scopes)
        writer.write(resource)
        writer.write(nonce) { $0.write($1) }
        writer.write(prompts.sorted()) { $0.write($1) }
        writer.write(maximumAgeSeconds) { $0.write(Int64($1)) }
        writer.write(loginHint) { $0.write($1) }
        writer.write(authenticationContexts) { $0.write($1) }
        writer.write(clientFingerprint) { $0.write($1) }
        writer.write(device) { writer, device in
            writer.write(device.deviceCode)
            writer.write(device.userCode)
        }
        writer.write(push) { writer, push in
            writer.write(push.id)
            writer.write(push.expiry)
        }
        // Only what there is: a page of an earlier version remains valid.
        if !declinedUpstreams.isEmpty || boundKey != nil {
            writer.write(declinedUpstreams.sorted()) { $0.write($1) }
        }
        if let boundKey { writer.write(boundKey.digest) }
    }

    init(from reader: inout BinaryReader) throws(RecordError) {
        self.init(
            clientID: try reader.string(),
            redirectURI: try reader.string(),
            state: try reader.optional { (reader) throws(RecordError) in try reader.string() },
            codeChallenge: CodeChallenge(digest: try reader.digest()),
            scopes: try reader.scopes(),
            resource: try reader.string(),
            nonce: try reader.optional { (reader) throws(RecordError) in try reader.string() },
            prompts: Set(try reader.array { (reader) throws(RecordError) in try reader.string() }),
            maximumAgeSeconds: try reader.optional { (reader) throws(RecordError) in
                Int(try reader.integer(Int64.self))
            },
            loginHint: try reader.optional { (reader) throws(RecordError) in try reader.string() },
            authenticationContexts: try reader.optional { (reader) throws(RecordError) in try reader.string() },
            clientFingerprint: try reader.optional { (reader) throws(RecordError) in try reader.digest() }
        )
        device = try reader.optional { (reader) throws(RecordError) in
            DeviceRequest(deviceCode: try reader.digest(), userCode: try reader.string())
        }
        push = try reader.optional { (reader) throws(RecordError) in
            AuthorizationPush(id: try reader.digest(), expiry: try reader.timestamp())
        }
        if !reader.isAtEnd {
            declinedUpstreams = Set(try reader.array { (reader) throws(RecordError) in try reader.string() })
        }
        boundKey = reader.isAtEnd ? nil : KeyThumbprint(digest: try reader.digest())
    }
}
