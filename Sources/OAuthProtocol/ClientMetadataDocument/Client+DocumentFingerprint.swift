package import OpenSSLCrypto

extension Client {
    /// What the user's consent to a document's client depends on: its redirect URIs and keys (CM-10, D-89).
    ///
    /// `nil` for clients whose registration does not change.
    package var documentFingerprint: SHA256Digest? {
        guard kind == .metadataDocument else { return nil }
        let parts: [[UInt8]] = redirectURIs.map { Array($0.utf8) } + [keySet ?? [], Array((keySetURI ?? "").utf8)]
        // Each part is hashed before they are joined, so that different lists cannot yield the same bytes.
        return SHA256.hash(parts.flatMap { SHA256.hash($0).bytes })
    }
}
