import OAuthProtocol

/// CM-8, D-59: where a client's answer is sent, in words that the client cannot choose.
///
/// Only an https host is proven by its certificate. A private-use redirect such as `com.evil.app://claude.ai/cb` is
/// sent to the application that owns the scheme, and its "host" is meaningless text (RFC 8252 §7.1). The program is
/// named only where the redirect is one of ``KnownProgram/all``.
struct RedirectDestination: Sendable {
    /// The host that receives the answer; `nil` when no host does.
    let host: String?
    /// The description for a person.
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
            let owner = "the application that owns \(uri.scheme):"
            let program = KnownProgram.receiving(redirectURI)?.description(of: uri)
            (host, name) = (nil, program.map { "\($0) (\(owner))" } ?? owner)
        }
    }
}
