package import OAuthProtocol
package import OpenSSLCrypto

/// Where remembered consents are kept.
package protocol ConsentStore: Sendable {
    /// Remembers a consent under the hash of everything that it was given for (CO-1).
    func rememberConsent(_ key: SHA256Digest, now: Timestamp) async throws(StoreError) -> Receipt<StoreAdmission>
    /// Whether this very consent was given.
    func hasConsent(_ key: SHA256Digest) async throws(StoreError) -> Bool
}
