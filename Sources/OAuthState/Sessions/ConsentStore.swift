package import OAuthProtocol
package import OpenSSLCrypto

/// Stores remembered consents.
package protocol ConsentStore: Sendable {
    /// Remembers a consent under the hash of everything that it covers (CO-1).
    func rememberConsent(_ key: SHA256Digest, now: Timestamp) async throws(StoreError) -> Receipt<StoreAdmission>
    /// Whether exactly this consent was given.
    func hasConsent(_ key: SHA256Digest) async throws(StoreError) -> Bool
}
