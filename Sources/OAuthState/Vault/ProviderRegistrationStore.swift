/// Stores the registrations of this server at providers.
package protocol ProviderRegistrationStore: Sendable {
    /// This server's registration at a provider.
    func registration(of upstream: String) async throws(StoreError) -> StoredUpstreamRegistration?
    /// Stores this server's registration at a provider, replacing an earlier one there.
    func keep(_ registration: StoredUpstreamRegistration) async throws(StoreError) -> Receipt<StoreAdmission>
    /// Every registration; at most one for each configured upstream.
    func registrations() async throws(StoreError) -> [StoredUpstreamRegistration]
}
