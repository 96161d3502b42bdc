import OAuthProtocol

/// CM-8, D-59: where a client's answer goes, in words that the client cannot choose.
///
/// Only an https host is proven by its certificate. A private-use redirect such as `com.evil.app://claude.ai/cb` goes to
/// whichever application owns the scheme, and its "host" is text that means nothing (RFC 8252 §7.1).
struct RedirectDestination: Sendable {
    /// The host that gets the answer; `nil` when no host does.
    let host: String?
    /// What a person is told.
    let name: String

    /// The destination of a redirect URI.
    init(_ redirectURI: String) {
        guard let uri = URIReference(redirectURI) else {
            (host, name) = (nil, "an unreadable address")
            return
        }
        if uri.scheme == "https", let own = uri.host {
            (host, name) = (own, own)
        } else if uri.isLoopbackHTTP {
            (host, name) = (nil, "an application on this computer (\(uri.host ?? ""))")
        } else {
            (host, name) = (nil, "the application that owns \(uri.scheme):")
        }
    }
}
