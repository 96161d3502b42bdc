import OAuthProtocol
import ServerConfiguration

/// How clients and verifiers find everything else: metadata, keys, and the description of the surface.
struct DiscoveryFeature: Feature {
    let endpoints: [any Endpoint]

    /// Describes the given endpoints and its own.
    init(_ parts: ServerParts, describing others: [any Endpoint]) {
        let keySet = KeySetEndpoint(keys: parts.keys)
        let metadata = MetadataEndpoint(parts.metadata(advertising: others.surfaces + keySet.surfaces))
        let resources = ProtectedResourceEndpoint(
            issuer: parts.configuration.issuer,
            resources: parts.resources.resources
        )
        let client = OwnClientDocumentEndpoint(parts.configuration)
        endpoints = [
            metadata,
            keySet,
            resources,
            client,
            OpenAPIEndpoint(
                issuer: parts.configuration.issuer,
                describing: metadata.surfaces + keySet.surfaces + resources.surfaces + client.surfaces + others.surfaces
            ),
        ]
    }
}
