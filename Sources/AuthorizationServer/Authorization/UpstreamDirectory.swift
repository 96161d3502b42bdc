package import OAuthProtocol
package import UpstreamIdentity

/// The configured upstream providers in their order.
package struct UpstreamDirectory: Sendable {
    private let providers: [UpstreamProvider]

    /// A directory of providers with distinct names.
    package init(_ providers: [UpstreamProvider]) {
        self.providers = providers
    }

    /// The provider with this name.
    package subscript(name: String) -> UpstreamProvider? {
        providers.first { $0.name == name }
    }

    /// The names of all providers, in their order.
    package var names: [String] {
        providers.map(\.name)
    }

    /// The providers that a login for this resource visits: its own, or the first configured one, so that some provider
    /// always identifies the user.
    package func loginChain(for resource: ProtectedResource) -> [String] {
        resource.upstreams.isEmpty ? providers.prefix(1).map(\.name) : resource.upstreams
    }
}
