/// Which addresses a request may be sent to: the protection against server-side request forgery (D-81…D-84).
///
/// The policy checks the very address that a socket is connected to, so that a second answer of the name server changes
/// nothing. Connections are pooled per policy, so a request never uses one opened under a laxer policy.
///
/// The strict policies, `publicOnly`, `loopbackAllowed` and `loopbackOnly`, also refuse ambiguous spellings of hosts
/// before any look-up, refuse a name when *any* of its addresses is refused, and **bypass proxies**: through a proxy
/// the connected address would be the proxy's, and the target would be unknown. The other policies use the configured
/// proxy, whose own address must satisfy the policy; the proxy then judges the target's address.
///
/// Where a proxy is the only way out (`CurlClient.Proxy.mandatory`), every policy uses it: spellings and literal
/// addresses are judged as ever, and which addresses a name may have is for the proxy's rules.
package struct AddressPolicy: Hashable, Sendable {
    private let kinds: Set<AddressKind>
    /// Whether names are resolved here and every address must be permitted; such requests bypass proxies.
    package let isStrict: Bool

    /// Strict: public addresses only, for URLs that come from strangers, such as client metadata documents.
    package static let publicOnly = AddressPolicy(kinds: [.global], isStrict: true)
    /// Strict: public addresses and this host, for metadata documents when the issuer itself is on loopback.
    package static let loopbackAllowed = AddressPolicy(kinds: [.global, .loopback], isStrict: true)
    /// Strict: this host only, for checks that must not leave it.
    package static let loopbackOnly = AddressPolicy(kinds: [.loopback], isStrict: true)
    /// Public addresses, this host and private networks, but not the link, where clouds serve credentials.
    ///
    /// It suits an identity provider in the cluster that the operator named.
    package static let allowPrivate = AddressPolicy(kinds: [.global, .loopback, .privateNetwork], isStrict: false)
    /// Any address, for URLs that the operator trusts entirely.
    package static let unrestricted = AddressPolicy(kinds: Set(AddressKind.allCases), isStrict: false)

    /// Whether a socket may be connected to the address.
    package func permits(_ address: RemoteAddress) -> Bool { kinds.contains(address.kind) }
}
