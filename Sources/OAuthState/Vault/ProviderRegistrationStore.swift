/// Where the registrations that providers made for us are kept.
package protocol ProviderRegistrationStore: Sendable {
    /// What a provider registered for us.
    func registration(of upstream: String) async throws(StoreError) -> StoredUpstreamRegistration?
    /// Keeps what a provider registered for us, in place of an earlier registration there.
    func keep(_ registration: StoredUpstreamRegistration) async throws(StoreError) -> Receipt<StoreAdmission>
    /// Every registration; at most one for each configured upstream.
    func registrations() async throws(StoreError) -> [StoredUpstreamRegistration]
}
