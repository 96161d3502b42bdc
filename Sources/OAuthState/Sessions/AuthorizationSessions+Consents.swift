import DurableLog
import HashTreeCollections
package import OAuthProtocol
package import OpenSSLCrypto

/// CO-1, FD-10: approvals that users need not repeat, until they expire or are withdrawn.
extension AuthorizationSessions {
    package func rememberConsent(_ consent: RememberedConsent) throws(StoreError) -> Receipt<StoreAdmission> {
        try journal.requireAvailability()
        guard consents.count < limits.consentsMax || consents[consent.key] != nil else {
            return journal.receipt(.full)
        }
        consents.insert(consent, lifetime: policy.consentLifetime)
        return journal.receipt(.admitted, at: journal.append(consent.record(.putConsentOfUser)))
    }

    package func hasConsent(_ key: SHA256Digest, now: Timestamp) -> Bool {
        consents[key].map { isRemembered($0, now: now) } ?? false
    }

    package func consents(of userID: UserID, now: Timestamp) -> [RememberedConsent] {
        consents.consents(of: userID).filter { isRemembered($0, now: now) }
    }

    package func withdraw(_ withdrawal: ConsentWithdrawal) throws(StoreError) -> Receipt<Int> {
        try journal.requireAvailability()
        var position = journal.lastPosition
        let withdrawn = consents.consents(of: withdrawal.userID).filter(withdrawal.covers)
        for consent in withdrawn {
            consents.remove(consent.key)
            position = recordRemoval(ofConsent: consent.key)
        }
        return journal.receipt(withdrawn.count, at: position)
    }

    /// Forgets expired approvals.
    func sweepConsents(now: Timestamp, limit: Int) {
        let expired = consents.removeExpired(now: now, lifetime: policy.consentLifetime, limit: limit)
        for key in expired { _ = recordRemoval(ofConsent: key) }
    }

    /// Whether an approval has not expired; the lifetime is the present configuration's.
    nonisolated func isRemembered(_ consent: RememberedConsent, now: Timestamp) -> Bool {
        now < consent.givenAt + policy.consentLifetime
    }

    private func recordRemoval(ofConsent key: SHA256Digest) -> JournalPosition {
        journal.append(BinaryWriter.record(.removeConsent) { $0.write(key) })
    }

    /// A copy of the table, in O(1).
    var consentRows: TreeDictionary<SHA256Digest, RememberedConsent> { consents.rows }
}
