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
            (host, name) = (nil, PageText.unreadableAddress.text())
            return
        }
        if uri.scheme == "https", let own = uri.host {
            (host, name) = (own, own)
        } else if uri.isLoopbackHTTP {
            (host, name) = (nil, PageText.applicationHere.text(["host": uri.host ?? ""]))
        } else {
            let owner = PageText.schemeOwner.text(["scheme": uri.scheme])
            let program = KnownProgram.receiving(redirectURI).map { Self.words($0, uri) }
            (host, name) = (nil, program.map { "\($0) (\(owner))" } ?? owner)
        }
    }

    /// The program, with the extension's id where an extension receives the answer.
    private static func words(_ program: KnownProgram, _ uri: URIReference) -> String {
        guard program.authority == .editorExtension, let id = uri.host else { return program.name }
        return PageText.extensionIn.text(["id": id, "program": program.name])
    }
}
