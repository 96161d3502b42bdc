package import OAuthProtocol
import OAuthState
package import OpenSSLCrypto

/// An invitation to one user to connect or widen one upstream, which a `connect_uri` contains (VX-5).
///
/// It names the user for whom it was created, and only that user can follow it (MCP URL-mode elicitation; D-60).
package struct ConnectLink: Hashable, Sendable {
    /// Makes the link single-use.
    package var id: [UInt8]
    /// The user for whom it was created.
    package var userID: UserID
    /// The upstream to connect.
    package var upstream: String
    /// The account to widen or repair; `nil` for any.
    package var account: String?
    /// The scopes that are missing.
    package var scopes: ScopeSet
    /// When the link expires.
    package var expiry: Timestamp
    /// The claims that the provider demands of the login (OpenID Connect Core 1.0 §5.5); `nil` for none.
    package var claims: String?

    /// How long a link is valid.
    package static let lifetime: Duration = .seconds(600)
    /// The path of links, relative to the issuer.
    package static let path = "/connections/connect"

    /// The key under which the store remembers that the link was used.
    var useID: SHA256Digest { SHA256.hash(Array("connect:".utf8) + id) }
}

extension ConnectLink {
    func write(to writer: inout BinaryWriter) {
        writer.write(id)
        writer.write(userID)
        writer.write(upstream)
        writer.write(account) { $0.write($1) }
        writer.write(scopes)
        writer.write(expiry)
        // At the end and only if there are any, so that links of other versions remain readable.
        if let claims { writer.write(claims) }
    }

    init(from reader: inout BinaryReader) throws(RecordError) {
        id = try reader.byteArray()
        userID = try reader.identifier()
        upstream = try reader.string()
        account = try reader.optional { (reader) throws(RecordError) in try reader.string() }
        scopes = try reader.scopes()
        expiry = try reader.timestamp()
        claims = reader.isAtEnd ? nil : try reader.string()
    }
}

/// Creates and reads the addresses of connect links.
package struct ConnectLinks: Sendable {
    private let issuer: Issuer
    private let sealing: PageSealing
    private let random: any RandomSource

    /// Links of an issuer.
    package init(issuer: Issuer, sealing: PageSealing, random: any RandomSource) {
        self.issuer = issuer
        self.sealing = sealing
        self.random = random
    }

    /// A new link for a user.
    func link(for userID: UserID, upstream: String, account: String?, scopes: ScopeSet, now: Timestamp) -> ConnectLink {
        ConnectLink(
            id: random.bytes(16),
            userID: userID,
            upstream: upstream,
            account: account,
            scopes: scopes,
            expiry: now + ConnectLink.lifetime
        )
    }

    /// The `connect_uri` of a link.
    ///
    /// - Throws: `server_error` when it cannot be sealed.
    func uri(of link: ConnectLink) throws(OAuthError) -> String {
        var writer = BinaryWriter(reserving: 160)
        link.write(to: &writer)
        return issuer.url(ConnectLink.path + "/" + (try sealing.seal(writer.bytes, for: .connectLink)))
    }

    /// The link in an address's last segment; `nil` when this server did not create it.
    func link(_ text: String) -> ConnectLink? {
        guard let bytes = sealing.open(text, for: .connectLink) else { return nil }
        var reader = BinaryReader(bytes)
        // Sealed by us: only another version's form is unreadable, and such a link is treated as expired.
        guard let link = try? ConnectLink(from: &reader), reader.isAtEnd else { return nil }
        return link
    }
}
