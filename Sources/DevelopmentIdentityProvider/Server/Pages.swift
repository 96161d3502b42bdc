import Foundations
import HTTPTypes
import SocketHTTP

/// The provider's pages.
enum Pages {
    /// Asks for the user who signs in.
    static func signIn(_ request: SignInRequest, handle: String, users: [DevelopmentUser]) -> Response {
        let hint = request.loginHint
        let buttons = users.map { user in
            let isHinted = hint.map(user.answers(to:)) ?? false
            let email = user.email.map {
                "<span class=\"quiet small\">\(escaped($0))\(user.isEmailVerified ? "" : ", not verified")</span>"
            }
            return """
                <button name="user" value="\(escaped(user.subject))"\(isHinted ? " autofocus" : "")>\
                \(escaped(user.name))&nbsp;\(email ?? "")</button>
                """
        }
        return page(
            title: "Sign in",
            body: """
                <p><b>\(escaped(request.clientID))</b> asks for
                <code>\(escaped(request.scopes.joined(separator: " ")))</code>.</p>
                <form method="post" class="actions column" action="\(EndpointName.signIn.path)">
                <input type="hidden" name="request" value="\(escaped(handle))">
                \(buttons.joined(separator: "\n"))
                <button name="decision" value="deny" class="end">Cancel</button>
                </form>
                """
        )
    }

    /// Shows the person at the browser what is wrong: an unverified client receives nothing.
    static func refusal(_ reason: String) -> Response {
        page(title: "This request cannot be answered", body: "<p>\(escaped(reason))</p>", status: .badRequest)
    }

    /// A page with some text, on which only the scripts of `script-src` run.
    static func page(
        title: String,
        body: String,
        status: HTTPResponse.Status = .ok,
        scripts: String = "'none'"
    ) -> Response {
        let html = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
            <link rel="icon" href="data:,"><title>\(escaped(title))</title><style>\(PageSheet.css)</style></head>
            <body><header class="site">Development identity provider</header><main><h1>\(escaped(title))</h1>
            \(body)
            </main></body></html>
            """
        return Response(
            status: status,
            headerFields: [
                .contentType: "text/html; charset=utf-8",
                .cacheControl: "no-store",
                .contentSecurityPolicy:
                    "default-src 'none'; script-src \(scripts); style-src 'unsafe-inline'; img-src data:; "
                    + "frame-ancestors 'none'",
            ],
            body: Array(html.utf8)
        )
    }

    /// Escapes text for HTML, quotes included: names and ids come from requests and could contain elements.
    static func escaped(_ text: String) -> String {
        var output = ""
        output.append(escapedForHTML: text)
        return output
    }
}
