package import OAuthProtocol
package import OpenSSLCrypto

/// This server's registration at a provider (RFC 7591), sealed: it exists nowhere else, and every refresh token of that
/// provider's users depends on it.
package struct StoredUpstreamRegistration: Hashable, Sendable {
    /// The upstream's configured name.
    package let upstream: String
    /// Hash of the endpoint and the redirect URI of the registration: another of either needs another registration.
    package let purpose: SHA256Digest
    /// The registered scopes; fewer scopes need no other registration.
    package let scopes: ScopeSet
    /// The client id, the secret, and the values that manage the registration.
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
