import Foundations
import OAuthProtocol
import OpenSSLCrypto
import SocketHTTP

extension Pages {
    private static let script = "document.forms[0].submit()"

    /// OAuth 2.0 Form Post Response Mode 1.0 §2: a form with the answer, which the browser posts by itself, or by the
    /// user's click where scripts do not run.
    static func posting(_ parameters: [(String, String)], to url: String) -> Response {
        let fields = parameters.map { name, value in
            "<input type=\"hidden\" name=\"\(escaped(name))\" value=\"\(escaped(value))\">"
        }
        return page(
            title: "Continue",
            body: """
                <form method="post" action="\(escaped(url))">
                \(fields.joined(separator: "\n"))
                <noscript><button>Continue</button></noscript>
                </form>
                <script>\(script)</script>
                """,
            // Only this script, by its hash.
            scripts: "'sha256-\(Base64.encode(SHA256.hash(script).bytes))'"
        )
    }
}
