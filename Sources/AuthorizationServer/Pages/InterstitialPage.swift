import OAuthProtocol

/// FD-11, RFC 9700 §4.11.2: a self-registered client gets its error only by the user's own click, so that this server
/// cannot be used to send people to an attacker's address.
struct InterstitialPage: Sendable {
    let error: OAuthError
    let client: Client
    let location: String

    var title: String { error.code == .accessDenied ? "Access was not granted" : "The login failed" }

    var body: HTML {
        """
        \(NoticePage.Tone.bad.picture)<h1>\(title)</h1>
        <p>\(error.description).</p>\(error.advice.paragraph)
        <p class="quiet">You can close this page, or return to <strong>\(destination.name)</strong>, the address that \
        \(client.name ?? "the application") registered.</p>
        <p class="actions"><a class="button" rel="noreferrer" href="\(location)">Return to \(destination.name)</a></p>
        """
    }

    private var destination: RedirectDestination { RedirectDestination(location) }
}
