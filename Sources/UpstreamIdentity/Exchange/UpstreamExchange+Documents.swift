import OAuthProtocol
import OutboundHTTP

/// Fetches a provider's published documents, which may have moved within their host.
extension UpstreamExchange {
    /// The most redirects that are followed.
    static let redirectCountMax = 3

    /// Gets a document; follows redirects within the URL's host, never from https to http.
    ///
    /// Nothing secret is sent, but the document decides where secrets go: another host is not asked unless the operator
    /// names it.
    ///
    /// - Throws: ``UpstreamError`` `misconfigured` for a redirect to another host.
    func document(at url: String) async throws(UpstreamError) -> OutboundResponse {
        var url = url
        for _ in 0...UpstreamExchange.redirectCountMax {
            let response = try await get(url)
            guard [301, 302, 303, 307, 308].contains(response.status),
                let location = response.values(of: "Location").first
            else { return response }
            guard let next = UpstreamExchange.redirect(from: url, to: location) else {
                throw UpstreamError(.misconfigured, "the document redirects to another host or to plain http")
            }
            url = next
        }
        throw UpstreamError(.misconfigured, "the document redirects too often")
    }

    // RFC 3986 §6.2.3: the scheme's usual port, written or not, is the same.
    private static func port(of uri: URIReference) -> UInt16 {
        uri.port ?? (uri.scheme == "https" ? 443 : 80)
    }

    /// RFC 3986 §4.2: a colon in the first segment ends a scheme, whether or not `//` follows.
    private static func hasScheme(_ location: String) -> Bool {
        location.prefix { $0 != "/" && $0 != "?" && $0 != "#" }.contains(":")
    }

    /// The URL of a redirect within the same host; `nil` for any other.
    static func redirect(from base: String, to location: String) -> String? {
        guard !location.isEmpty, let from = URIReference(base), let host = from.host else { return nil }
        let scheme = from.scheme
        let authority = from.port.map { "\(host):\($0)" } ?? host
        var target = location
        if location.hasPrefix("/"), !location.hasPrefix("//") {
            target = "\(scheme)://\(authority)\(location)"
        } else if !hasScheme(location), !location.hasPrefix("//") {
            // RFC 3986 §5.2.3: relative to the last slash of the path.
            let path = from.path.lastIndex(of: "/").map { String(from.path[...$0]) } ?? "/"
            target = "\(scheme)://\(authority)\(path)\(location)"
        }
        guard let to = URIReference(target), let toHost = to.host, to.userInformation == nil,
            toHost.lowercased() == host.lowercased()
        else { return nil }
        switch (scheme, to.scheme) {
        case ("http", "https"): return target
        case ("https", "https"), ("http", "http"): return port(of: to) == port(of: from) ? target : nil
        default: return nil
        }
    }
}
