/// All stores of users and their connections, for implementations that keep them together.
package typealias VaultStore = UserStore & ConnectionStore & ConnectionIndex
    & UpstreamRefreshStore & ProviderRegistrationStore
