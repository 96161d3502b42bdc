/// RFC 8414 §2: the issuer identifier, and the URLs that follow from it.
///
/// Clients compare it as a string wherever it occurs (MD-3), so it is kept byte for byte.
package struct Issuer: Hashable, Sendable {
    /// The identifier as configured.
    package let text: String
    /// The path of the issuer without trailing slash; empty for an issuer at the root.
    package let path: String
    /// RFC 6454 §6.2: scheme, host and port as a browser writes them in `Origin`: host in lower case, no default port.
    package let origin: String
    /// Whether the issuer is `http` on loopback, for development and tests only.
    package let isLoopback: Bool

    /// Why an issuer is refused at start.
    package struct Refusal: Error, Hashable, Sendable {
        /// One sentence for the operator.
        package let reason: String
    }

    /// Checks the configured issuer: https (http only on loopback), no query, fragment or trailing slash (MD-3).
    package init(_ text: String) throws(Refusal) {
        guard let uri = URIReference(text), let host = uri.host, !host.isEmpty else {
            throw Refusal(reason: "must be an absolute https URL")
        }
        guard uri.query == nil, uri.fragment == nil, uri.userInformation == nil else {
            throw Refusal(reason: "must not have a query, fragment or user information")
        }
        guard uri.scheme == "https" || uri.isLoopbackHTTP else {
            throw Refusal(reason: "must be https; http is allowed for loopback only")
        }
        guard !uri.path.hasSuffix("/"), !uri.hasDotSegments, !uri.path.contains("//") else {
            throw Refusal(reason: "must not end in a slash or have empty or dot segments")
        }
        guard text.hasPrefix(uri.scheme + "://") else { throw Refusal(reason: "must have its scheme in lower case") }
        self.text = text
        path = uri.path
        let ownPort = uri.port.flatMap { $0 == (uri.scheme == "https" ? 443 : 80) ? nil : $0 }
        origin = uri.scheme + "://" + host.lowercased() + (ownPort.map { ":\($0)" } ?? "")
        isLoopback = uri.isLoopbackHTTP
    }

    /// The absolute URL of an endpoint, such as `/oauth/token`.
    package func url(_ endpointPath: String) -> String {
        text + endpointPath
    }
}
