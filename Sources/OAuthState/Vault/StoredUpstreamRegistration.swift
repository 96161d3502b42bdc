package import OAuthProtocol
package import OpenSSLCrypto

/// What a provider registered for us (RFC 7591), sealed: it exists nowhere else, and with it every refresh token of that
/// provider's users.
package struct StoredUpstreamRegistration: Hashable, Sendable {
    /// The upstream's configured name.
    package let upstream: String
    /// Hash of where and for which redirect URI we registered: another place needs another registration.
    package let purpose: SHA256Digest
    /// The scopes that were registered; fewer need no other registration.
    package let scopes: ScopeSet
    /// Id, secret and what manages the registration.
    package let sealed: [UInt8]

    /// A registration to keep.
    package init(upstream: String, purpose: SHA256Digest, scopes: ScopeSet, sealed: [UInt8]) {
        self.upstream = upstream
        self.purpose = purpose
        self.scopes = scopes
        self.sealed = sealed
    }
}

extension StoredUpstreamRegistration: RecordCodable {
    package func write(to writer: inout BinaryWriter) {
        writer.write(upstream)
        writer.write(purpose)
        writer.write(scopes)
        writer.write(sealed)
    }

    package init(from reader: inout BinaryReader) throws(RecordError) {
        upstream = try reader.string()
        purpose = try reader.digest()
        scopes = try reader.scopes()
        sealed = try reader.byteArray()
    }
}
