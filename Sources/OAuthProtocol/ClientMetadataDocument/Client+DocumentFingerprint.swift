package import OpenSSLCrypto

extension Client {
    /// What the user's consent to a client depends on that can change itself: its redirect URIs and keys, and the name
    /// of one that registered itself (CM-10, D-89, RFC 7592).
    ///
    /// `nil` for clients whose registration does not change.
    package var documentFingerprint: SHA256Digest? {
        guard kind == .metadataDocument || managementTokenHash != nil else { return nil }
        var parts: [[UInt8]] = redirectURIs.map { Array($0.utf8) } + [keySet ?? [], Array((keySetURI ?? "").utf8)]
        // Nothing but its name tells a person which of the clients that register themselves it is.
        if kind == .dynamic { parts.append(Array((name ?? "").utf8)) }
        // Each part is hashed before they are joined, so that different lists cannot yield the same bytes.
        return SHA256.hash(parts.flatMap { SHA256.hash($0).bytes })
    }
}
