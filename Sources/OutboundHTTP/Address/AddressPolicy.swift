/// Which addresses a request may be sent to: the guard against requests forged through us (D-81 … D-84).
///
/// The policy is asked about the very address that a socket is connected to, so a second answer of the name server changes
/// nothing, and connections are pooled per policy, so a request never rides on one opened under a laxer policy.
///
/// The strict policies, `publicOnly` and `loopbackAllowed`, also refuse ambiguous spellings of hosts before anything is
/// looked up, refuse a name when *any* of its addresses is refused, and **bypass proxies**: behind a proxy the address that
/// is dialled is the proxy's, and nothing could be said about the target. The others use the configured proxy, whose own
/// address must satisfy the policy; the target's is then the proxy's to judge.
package struct AddressPolicy: Hashable, Sendable {
    private let kinds: Set<AddressKind>
    /// Whether names are resolved here and every address of them must be permitted; such requests bypass proxies.
    package let isStrict: Bool

    /// Strict: addresses on the internet only, for URLs that come from strangers, such as client metadata documents.
    package static let publicOnly = AddressPolicy(kinds: [.global], isStrict: true)
    /// Strict: the internet and this host, for metadata documents when the issuer itself is on loopback.
    package static let loopbackAllowed = AddressPolicy(kinds: [.global, .loopback], isStrict: true)
    /// The internet, this host and private networks, but not the link, where clouds serve credentials: for an identity
    /// provider in the cluster that the operator named.
    package static let allowPrivate = AddressPolicy(kinds: [.global, .loopback, .privateNetwork], isStrict: false)
    /// Any address: for URLs that the operator vouches for entirely.
    package static let unrestricted = AddressPolicy(kinds: Set(AddressKind.allCases), isStrict: false)

    /// Whether a socket may be connected to the address.
    package func permits(_ address: RemoteAddress) -> Bool { kinds.contains(address.kind) }
}
