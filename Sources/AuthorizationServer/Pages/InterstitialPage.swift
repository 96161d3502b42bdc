import OAuthProtocol

/// FD-11, RFC 9700 §4.11.2: a self-registered client gets its error only by the user's own click, so that this server
/// cannot be used to send people to an attacker's address.
struct InterstitialPage: Sendable {
    let error: OAuthError
    let client: Client
    let location: String

    var title: String { (error.code == .accessDenied ? PageText.accessNotGranted : .loginFailed).text() }

    var body: HTML {
        let way = PageText.closeOrReturn.html([
            "destination": "<strong>\(destination.name)</strong>",
            "client": "\(client.name ?? PageText.theApplication.text())",
        ])
        return """
            \(NoticePage.Tone.bad.picture)<h1>\(title)</h1>
            <p>\(HTML.english(error.description)).</p>\(error.advice.paragraph)
            <p class="quiet">\(way)</p>
            <p class="actions"><a class="button" rel="noreferrer" href="\(location)">\
            \(PageText.returnTo.text(["destination": destination.name]))</a></p>
            """
    }

    private var destination: RedirectDestination { RedirectDestination(location) }
}
