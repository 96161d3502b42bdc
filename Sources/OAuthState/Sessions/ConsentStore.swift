package import OAuthProtocol
package import OpenSSLCrypto

/// Stores remembered consents; how long one is remembered is part of the store's settings.
package protocol ConsentStore: Sendable {
    /// Remembers a consent under the hash of everything that it covers (CO-1).
    func rememberConsent(_ consent: RememberedConsent) async throws(StoreError) -> Receipt<StoreAdmission>
    /// Whether exactly this consent was given, has not expired and was not withdrawn.
    func hasConsent(_ key: SHA256Digest, now: Timestamp) async throws(StoreError) -> Bool
    /// The consents of a user that are remembered now, in no particular order.
    func consents(of userID: UserID, now: Timestamp) async throws(StoreError) -> [RememberedConsent]
    /// Forgets consents of a user; the outcome is their number.
    func withdraw(_ withdrawal: ConsentWithdrawal) async throws(StoreError) -> Receipt<Int>
}
