import HTTPTypes
package import OAuthProtocol
package import OpenSSLCrypto
package import ServerConfiguration
import SocketHTTP

/// Renders the pages for people: plain HTML without scripts, readable on a phone, in light and dark.
package struct PageRenderer: Sendable {
    private let issuer: Issuer
    private let random: any RandomSource
    private let branding: Configuration.Branding
    private let logo: SiteLogo?

    /// A renderer for the pages of an issuer.
    package init(issuer: Issuer, random: any RandomSource, branding: Configuration.Branding = .init()) {
        self.issuer = issuer
        self.random = random
        self.branding = branding
        logo = SiteLogo(branding)
    }

    /// The page that asks for consent.
    func consent(_ page: ConsentPage) -> Response {
        render(
            title: page.title,
            body: page.body(action: issuer.url(EndpointPath.consent), connections: issuer.url(ConnectionsPage.path)),
            status: .ok
        )
    }

    /// A page that explains what went wrong and what to do, with the reference by which the operator finds the request.
    ///
    /// - Parameters:
    ///   - page: The page.
    ///   - status: Its status.
    ///   - hasReference: Whether it names the request; not where two pages must not differ.
    /// - Returns: The page.
    func error(_ page: ErrorPage, status: HTTPResponse.Status, hasReference: Bool = true) -> Response {
        let line: HTML =
            (hasReference ? PageReference.current : nil).map { reference in
                let id: HTML = "<code>\(reference.description)</code>"
                return "<p class=\"quiet\">\(PageText.reference.html(["id": id]))</p>"
            } ?? .none
        return render(title: page.title, body: "\(page.body)\(line)", status: status)
    }

    /// The page between an error and a self-registered client (FD-11).
    func interstitial(_ page: InterstitialPage) -> Response {
        render(title: page.title, body: page.body, status: .badRequest)
    }

    /// A page that reports a result.
    func notice(_ page: NoticePage, status: HTTPResponse.Status) -> Response {
        let way: HTML =
            page.leadsToConnections
            ? """
            <p class="actions"><a class="button" href="\(issuer.url(ConnectionsPage.path))">\
            \(PageText.yourConnections)</a></p>
            """
            : .none
        return render(
            title: page.title,
            body: "\(page.tone.picture)<h1>\(page.title)</h1>\(page.text)\(way)",
            status: status
        )
    }

    /// The page for a device's code.
    func device(_ page: DevicePage) -> Response {
        render(title: page.title, body: page.body(action: issuer.url(DevicePage.path)), status: .ok)
    }

    /// The sign-in page.
    func signIn(_ page: SignInPage) -> Response {
        render(title: page.title, body: page.body(action: issuer.url(page.path)), status: .ok)
    }

    /// The page of a user's connections.
    func connections(_ page: ConnectionsPage) -> Response {
        render(title: page.title, body: page.body(action: issuer.url(ConnectionsPage.path)), status: .ok)
    }

    /// The page that asks whether to connect an upstream.
    func connect(_ page: ConnectLinkPage) -> Response {
        render(title: page.title, body: page.body(action: issuer.url(page.path)), status: .ok)
    }

    /// The page that asks whether an account of a further provider is the user's.
    func confirmLeg(_ page: LegConfirmationPage) -> Response {
        render(title: page.title, body: page.body(action: issuer.url(EndpointPath.legConfirmation)), status: .ok)
    }

    /// A complete document; the style has a nonce, nothing else may be loaded or run (CO-5).
    func render(title: String, body: HTML, status: HTTPResponse.Status) -> Response {
        let nonce = Base64URL.encode(random.bytes(16))
        let document: HTML = """
            <!doctype html>
            <html lang="\(PageLanguage.current.rawValue)"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
            <meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">
            \(PageIcon.tab)<title>\(title) – \(site)</title><style nonce="\(nonce)">\(PageStyle.sheet)\(accent)</style></head>
            <body><header class="site">\(head)</header><main>\(body)</main>\(footer)</body></html>
            """
        return Response(status: status, headerFields: headerFields(nonce: nonce), body: Array(document.markup.utf8))
    }

    private var head: HTML {
        guard let logo else { return "\(PageIcon.gate)\(site)" }
        return "<img class=\"logo\" src=\"\(issuer.url(logo.path))\" alt=\"\(site)\">"
    }

    // Hexadecimal digits, checked for contrast when the configuration was read.
    private var accent: HTML {
        guard let color = branding.accentColor else { return .none }
        return """
            :root{--accent:\(color.text)}@media (prefers-color-scheme:dark){:root{--accent:\(color.onDark.text)}}
            """
    }

    private var footer: HTML {
        let links = [(branding.supportURL, PageText.help), (branding.imprintURL, .imprint)]
        var parts = links.compactMap { url, text -> HTML? in
            url.map { "<a href=\"\($0)\" target=\"_blank\" rel=\"noopener noreferrer\">\(text)</a>" }
        }
        if let line = branding.footer { parts.append("\(line)") }
        return parts.isEmpty ? .none : "<footer class=\"foot\">\(HTML.joined(parts, by: " · "))</footer>"
    }

    // Without a name, the host that is also in the address bar.
    private var site: String {
        if let name = branding.name { return name }
        return issuer.origin.split(separator: "/").last.map(String.init) ?? issuer.origin
    }

    // No form-action: Chromium enforces it over the whole redirect chain and would block the way back to loopback and
    // private-use redirect URIs (CO-5). Framing is refused twice, for old browsers too (D-57).
    private func headerFields(nonce: String) -> HTTPFields {
        // Only the operator's logo is loaded, from this server.
        let images = logo == nil ? "data:" : "'self' data:"
        // The listener adds what every answer has (see `Listeners`).
        return [
            .contentType: "text/html; charset=utf-8",
            .contentLanguage: PageLanguage.current.rawValue,
            .cacheControl: "no-store",
            .contentSecurityPolicy:
                "default-src 'none'; style-src 'nonce-\(nonce)'; img-src \(images); base-uri 'none'; frame-ancestors 'none'",
            .xFrameOptions: "DENY",
            .referrerPolicy: "no-referrer",
            .crossOriginOpenerPolicy: "same-origin",
        ]
    }
}
