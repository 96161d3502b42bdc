import OAuthProtocol
import ServerConfiguration

/// RFC 8693 §1.1: a client that may act for others, and within which bounds.
struct Delegate: Sendable {
    /// The client.
    let client: Client
    /// The resources that it serves; `nil` for a client that is no resource server.
    let server: ResourceServer?
    /// The resources that tokens may be for, by the resource of the presented token; a client that is no resource
    /// server has one set for all.
    private let targets: [String: Set<String>]
    private let targetsOfAll: Set<String>

    /// The resources that it may get tokens for in exchange for one with this audience; `nil` for another issuer's
    /// token.
    func targets(from audience: String?) -> Set<String> {
        guard server != nil else { return targetsOfAll }
        guard let audience else { return targets.values.reduce(into: []) { $0.formUnion($1) } }
        return targets[audience] ?? []
    }

    /// Every delegate of a configuration, by client id.
    struct Directory: Sendable {
        private let resources: ResourceCatalogue
        private let ofResources: [String: [String: Set<String>]]
        private let ofClients: [String: Set<String>]

        init(_ configuration: Configuration, resources: ResourceCatalogue) {
            self.resources = resources
            ofResources = configuration.resources.reduce(into: [:]) { table, resource in
                guard let id = resource.clientID, !resource.delegationTargets.isEmpty else { return }
                table[id, default: [:]][resource.uri] = Set(resource.delegationTargets)
            }
            ofClients = Dictionary(
                configuration.clients.filter(\.isDelegate).map { ($0.clientID, Set($0.delegationTargets)) },
                uniquingKeysWith: { first, _ in first }
            )
        }

        /// The client as a delegate.
        ///
        /// - Throws: `unauthorized_client` when it may not delegate at all.
        func delegate(_ client: Client) throws(OAuthError) -> Delegate {
            if let targets = ofResources[client.id] {
                return Delegate(
                    client: client,
                    server: resources.server(client.id),
                    targets: targets,
                    targetsOfAll: []
                )
            }
            guard let targets = ofClients[client.id] else {
                throw OAuthError(.unauthorizedClient, "this client may not act for others")
            }
            return Delegate(client: client, server: nil, targets: [:], targetsOfAll: targets)
        }
    }
}
