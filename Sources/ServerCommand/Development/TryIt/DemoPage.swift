import Foundations
import HTTPTypes
import OAuthProtocol
import OpenSSLCrypto
import SocketHTTP

/// The page *Try it*: a button that walks the flow; then the tokens, what happened last, and what can be done next.
struct DemoPage {
    let ground: DemoGround
    let session: DemoSession?
    let step: DemoStep?
    let now: Timestamp

    /// The page, which loads and runs nothing.
    var response: Response {
        let nonce = Base64URL.encode(SystemRandomSource().bytes(16))
        let html = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
            <meta name="color-scheme" content="light dark"><link rel="icon" href="data:,"><title>Try Gatehouse</title>
            <style nonce="\(nonce)">\(PageSheet.css)
            body>*{max-width:46rem}pre{background:var(--chip);border-radius:.65rem;padding:.8rem 1rem;margin:.6rem 0;
            white-space:pre-wrap;font:.88em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
            .actions form{flex:1 1 14rem;display:flex}</style></head>
            <body><header class="site">gatehouse dev</header><main>\(body)</main></body></html>
            """
        return Response(
            status: .ok,
            headerFields: [
                .contentType: "text/html; charset=utf-8", .cacheControl: "no-store",
                .contentSecurityPolicy:
                    "default-src 'none'; style-src 'nonce-\(nonce)'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
            ],
            body: Array(html.utf8)
        )
    }

    private var body: String {
        var parts = ["<h1>Try it</h1>"]
        if let step { parts.append(happened(step)) }
        if let session {
            parts.append(tokens(session))
            parts.append("<h2>Next</h2><div class=\"actions\">\(buttons)</div>")
        } else {
            parts.append(
                """
                <p>A demo client asks this server for access to <code>\(escaped(ground.resourceURI))</code>. You give \
                consent, choose Ada or Grace at the development provider, and come back here with tokens.</p>
                """
            )
        }
        let label = session == nil ? "Walk the flow" : "Walk the flow again"
        parts.append("<div class=\"actions\">\(form("/begin", label, isMain: session == nil))</div>")
        parts.append(
            """
            <p class="quiet small"><a href="\(escaped(ground.issuer))/connections" target="_blank" \
            rel="noopener">Your connections</a> is the page on which a user ends what was given here.</p>
            """
        )
        return parts.joined(separator: "\n")
    }

    private func happened(_ step: DemoStep) -> String {
        var parts = ["<section class=\"item\"><h2>\(escaped(step.title))</h2><p>\(escaped(step.text))</p>"]
        if let answer = step.answer { parts.append("<pre>\(escaped(answer.indented))</pre>") }
        if let uri = step.connectURI {
            parts.append(
                """
                <p class="actions"><a class="button" href="\(escaped(uri))" target="_blank" rel="noopener">\
                Connect the account</a></p>
                """
            )
        }
        return parts.joined() + "</section>"
    }

    private func tokens(_ session: DemoSession) -> String {
        let expiry = (session.decoded(1)["exp"]?.integerValue ?? 0) - Int(now.secondsSinceEpoch)
        return """
            <h2>Access token</h2>
            <p>\(expiry > 0 ? "Expires in \(expiry) s." : "Has expired: refresh it.") Scope: \
            <code>\(escaped(session.scope))</code></p>
            <pre>\(escaped(session.decoded(0).indented))</pre><pre>\(escaped(session.decoded(1).indented))</pre>
            <h2>Refresh token</h2>
            <p>\(session.refreshToken.map { "<code>\(escaped(String($0.prefix(12))))…</code>" } ?? "None.")</p>
            """
    }

    private var buttons: String {
        DemoVerb.allCases.filter { $0 != .call || ground.servesResource }
            .map { form($0.path, $0.label, isMain: $0 == .call) }.joined()
    }

    private func form(_ path: String, _ label: String, isMain: Bool) -> String {
        "<form method=\"post\" action=\"\(path)\"><button\(isMain ? " class=\"main\"" : "")>\(label)</button></form>"
    }

    private func escaped(_ text: String) -> String {
        var output = ""
        output.append(escapedForHTML: text)
        return output
    }
}

extension JSONObject {
    /// One line for each member, for people.
    var indented: String {
        let lines = members.map { "  \(JSONValue.string($0.name).serializedString()): \($0.value.serializedString())" }
        return lines.isEmpty ? "{}" : "{\n\(lines.joined(separator: ",\n"))\n}"
    }
}
