import DurableLog
import OAuthProtocol

/// RFC 7591: this server's own registrations at the providers.
extension TokenVault {
    package func registration(of upstream: String) -> StoredUpstreamRegistration? {
        registrationTable[upstream]
    }

    package func keep(_ registration: StoredUpstreamRegistration) throws(StoreError) -> Receipt<StoreAdmission> {
        guard
            registrationTable[registration.upstream] != nil || registrationTable.count < limits.upstreamRegistrationsMax
        else { return journal.receipt(.full) }
        registrationTable[registration.upstream] = registration
        return journal.receipt(.admitted, at: journal.append(registration.record(.putUpstreamRegistration)))
    }

    package func registrations() -> [StoredUpstreamRegistration] {
        Array(registrationTable.values)
    }
}
