/// Everything about users and their connections, for stores that keep it together.
package typealias VaultStore = UserStore & ConnectionStore & ConnectionIndex
    & UpstreamRefreshStore & ProviderRegistrationStore
