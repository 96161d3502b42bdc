import OAuthProtocol

/// The rule for a provider's URLs, configured or discovered.
enum UpstreamURL {
    /// Refuses a URL that is not an absolute https URL: plain http would expose codes, secrets and tokens on the
    /// network.
    ///
    /// The error names the URL's purpose (`what`), never the URL.
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
