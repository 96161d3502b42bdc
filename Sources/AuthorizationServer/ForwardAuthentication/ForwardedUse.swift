import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// RFC 9449 §4.3: which request of its client a proxy asks about, compared with the proof's `htm` and `htu`.
///
/// Scheme and host are those of one of the resource's addresses: the proxy's client must not choose others. On the
/// exact path the proxy says the method and the path, in `X-Forwarded-Method` and `X-Forwarded-Uri` as Traefik does by
/// itself; below it both are those of our own request, because Envoy sends its client's method, and the client's path
/// after ours.
struct ForwardedUse: Sendable {
    /// `nil` when the proxy does not say it.
    let use: ResourceAccess.Use?

    /// The client's request behind `request`.
    init(
        _ request: Request,
        below exactPath: String,
        of resource: ProtectedResource,
        in catalogue: ResourceCatalogue
    ) {
        guard let uri = URIReference(resource.uri), let host = uri.host else {
            use = nil
            return
        }
        let addresses = AddressedResource(resource, in: catalogue)
        let origin = uri.scheme + "://" + host + (uri.port.map { ":\($0)" } ?? "")
        guard request.path.hasSameBytes(as: exactPath) else {
            // One segment of the operator's choice may precede the client's path.
            let path = request.path.dropFirst(exactPath.count)
            let below = path.dropFirst().drop { $0 != "/" }
            use = ResourceAccess.Use(
                method: request.method.rawValue,
                targets: [path, below].filter { !$0.isEmpty }.map { origin + $0 },
                resource: addresses
            )
            return
        }
        let methods = request.values(of: .xForwardedMethod)
        let paths = request.values(of: .xForwardedURI)
        guard methods.count == 1, paths.count == 1, paths[0].hasPrefix("/") else {
            use = nil
            return
        }
        use = ResourceAccess.Use(method: methods[0], targets: [origin + paths[0]], resource: addresses)
    }
}
