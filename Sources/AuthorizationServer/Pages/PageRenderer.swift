import HTTPTypes
package import OAuthProtocol
package import OpenSSLCrypto
import SocketHTTP

/// Renders the pages that a person sees: plain HTML without scripts, readable on a phone, in light and dark.
package struct PageRenderer: Sendable {
    private let issuer: Issuer
    private let random: any RandomSource

    /// A renderer for the pages of an issuer.
    package init(issuer: Issuer, random: any RandomSource) {
        self.issuer = issuer
        self.random = random
    }

    /// The page that asks for consent.
    func consent(_ page: ConsentPage) -> Response {
        render(
            title: page.title,
            body: page.body(action: issuer.url(AuthorizationServerMetadata.Path.consent)),
            status: .ok
        )
    }

    /// A page that explains what went wrong and what to do.
    func error(_ page: ErrorPage, status: HTTPResponse.Status) -> Response {
        render(title: page.title, body: page.body, status: status)
    }

    /// The page that stands between an error and a self-registered client (decision 0.11).
    func interstitial(_ page: InterstitialPage) -> Response {
        render(title: page.title, body: page.body, status: .badRequest)
    }

    /// A page that tells how something ended.
    func notice(_ page: NoticePage, status: HTTPResponse.Status) -> Response {
        let way: HTML =
            page.leadsToConnections
            ? "<p class=\"actions\"><a class=\"button\" href=\"\(issuer.url(ConnectionsPage.path))\">Your connections</a></p>"
            : .none
        return render(title: page.title, body: "<h1>\(page.title)</h1>\(page.text)\(way)", status: status)
    }

    /// The page that asks who is there.
    func signIn(_ page: SignInPage) -> Response {
        render(title: page.title, body: page.body(action: issuer.url(page.path)), status: .ok)
    }

    /// The page of a user's connections.
    func connections(_ page: ConnectionsPage) -> Response {
        render(title: page.title, body: page.body(action: issuer.url(ConnectionsPage.path)), status: .ok)
    }

    /// The page that asks whether to connect an upstream.
    func connect(_ page: ConnectPage) -> Response {
        render(title: page.title, body: page.body(action: issuer.url(page.path)), status: .ok)
    }

    /// A whole document; the style carries a nonce, nothing else may be loaded or run (CO-5).
    func render(title: String, body: HTML, status: HTTPResponse.Status) -> Response {
        let nonce = Base64URL.encode(random.bytes(16))
        let document: HTML = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
            <meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">
            <title>\(title)</title><style nonce="\(nonce)">\(Self.style)</style></head>
            <body><main>\(body)</main></body></html>
            """
        return Response(status: status, headerFields: headerFields(nonce: nonce), body: Array(document.markup.utf8))
    }

    // No form-action: Chromium enforces it over the whole redirect chain and would block the way back to loopback and
    // private-use redirect URIs (CO-5). Frames are refused twice, for old browsers too (D-57).
    private func headerFields(nonce: String) -> HTTPFields {
        var fields: HTTPFields = [
            .contentType: "text/html; charset=utf-8",
            .cacheControl: "no-store",
            .contentSecurityPolicy:
                "default-src 'none'; style-src 'nonce-\(nonce)'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'",
            .xFrameOptions: "DENY",
            .xContentTypeOptions: "nosniff",
            .referrerPolicy: "no-referrer",
            .crossOriginOpenerPolicy: "same-origin",
        ]
        if !issuer.isLoopback {
            fields[.strictTransportSecurity] = "max-age=31536000"
        }
        return fields
    }

    private static let style: HTML = """
        :root{--ink:#1b1f24;--paper:#fff;--quiet:#57606a;--line:#d0d7de;--accent:#0b57d0;--warn:#9a3412;--warnbg:#fff4ed}
        @media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#14181d;--quiet:#9aa4af;--line:#30363d;
        --accent:#8ab4f8;--warn:#ffb48a;--warnbg:#2b1c12}}
        *{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);
        font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
        main{max-width:34rem;margin:0 auto;padding:2rem 1.25rem}h1{font-size:1.45rem;line-height:1.25;margin:0 0 1rem}
        h2{font-size:1rem;margin:1.5rem 0 .35rem}p{margin:.5rem 0}ul{margin:.25rem 0;padding-left:1.25rem}
        .quiet{color:var(--quiet)}code{font:.92em ui-monospace,SFMono-Regular,Menlo,monospace;overflow-wrap:anywhere}
        .warn{border-left:4px solid var(--warn);background:var(--warnbg);color:var(--warn);padding:.6rem .8rem;margin:1rem 0}
        dl{display:grid;grid-template-columns:minmax(7rem,max-content) 1fr;gap:.3rem 1rem;margin:.5rem 0;
        border-top:1px solid var(--line);padding-top:.75rem}dt{color:var(--quiet)}dd{margin:0;overflow-wrap:anywhere}
        .actions{display:flex;gap:.75rem;margin-top:1.75rem}.actions button,a.button{flex:1;font:inherit;font-weight:600;
        padding:.7rem 1rem;border-radius:.5rem;border:2px solid var(--accent);background:none;color:var(--accent);
        cursor:pointer;text-align:center;text-decoration:none;display:inline-block}
        button:focus-visible,a:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
        @media (max-width:24rem){dl{grid-template-columns:1fr}.actions{flex-direction:column}}
        """
}
