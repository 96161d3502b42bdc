import OAuthProtocol

/// The rule for URLs of a provider, configured or discovered.
enum UpstreamURL {
    /// Refuses what is not an absolute https URL: on plain http everybody on the way reads codes, secrets and tokens.
    ///
    /// The error says `what` the URL is, never the URL.
    static func check(_ text: String, what: String, allowsInsecureHTTP: Bool) throws(UpstreamError) {
        guard isAcceptable(text, allowsInsecureHTTP: allowsInsecureHTTP) else {
            throw UpstreamError(.misconfigured, "the \(what) is not an absolute https URL")
        }
    }

    static func isAcceptable(_ text: String, allowsInsecureHTTP: Bool) -> Bool {
        guard let uri = URIReference(text), let host = uri.host, !host.isEmpty else { return false }
        guard uri.userInformation == nil, uri.fragment == nil else { return false }
        return uri.scheme == "https" || (uri.scheme == "http" && allowsInsecureHTTP)
    }
}
