import OAuthProtocol
import UpstreamIdentity

/// The page behind a `connect_uri` of an upstream whose credential the user enters.
///
/// No value ever comes back in a page: after a mistake the inputs are empty.
struct EnteredCredentialPage: Sendable {
    /// What was wrong with the last attempt.
    enum Problem: Sendable {
        case unusable(label: String)
        case mismatch(label: String)
        case refused
        case unavailable

        var words: HTML {
            switch self {
            case .unusable(let label): "\(label) is missing, too long, or has characters that it cannot have."
            case .mismatch(let label): "\(label) does not have the right form."
            case .refused: "The service does not accept it. Nothing was stored."
            case .unavailable: "The service cannot be asked at the moment. Nothing was stored; try again later."
            }
        }
    }

    let path: String
    let upstream: String
    let credential: EnteredCredential
    let userName: String?
    var problem: Problem?
    /// Keeps other sites from sending the form.
    let ticket: String

    var title: String { "Connect \(upstream)" }

    /// The form's field for a value.
    static func formField(_ name: String) -> String { "field." + name }

    func body(action: String) -> HTML {
        """
        <h1>Connect <strong>\(upstream)</strong>?</h1>
        <p>An application to which you gave access needs your access there. What you enter is kept sealed, and is used for \
        requests to this service on your behalf.</p>
        <dl><dt>Signed in as</dt><dd>\(userName ?? "signed in")</dd></dl>
        \(problem.map { warning($0.words) } ?? .none)
        <form method="post" action="\(action)" autocomplete="off"><input type="hidden" name="ticket" value="\(ticket)">
        \(credential.fields.map(input))
        <p class="warn">\(PageIcon.attention)<span>Continue only if your own application sent you here, and if this is \
        you.</span></p>
        <div class="actions"><button type="submit" name="decision" value="deny" formnovalidate>Not now</button>
        <button type="submit" name="decision" value="connect" class="main">Connect \(upstream)</button></div>
        <div class="actions"><button type="submit" name="sign_out" value="yes" formnovalidate>Not you? Sign out \
        here</button></div></form>
        """
    }

    private func warning(_ words: HTML) -> HTML {
        "<p class=\"warn\" role=\"alert\">\(PageIcon.attention)<span>\(words)</span></p>"
    }

    private func input(_ field: EnteredCredential.Field) -> HTML {
        let type = field.isSecret ? "password" : "text"
        let pattern: HTML = field.pattern.map { text in " pattern=\"\(text)\"" as HTML } ?? .none
        let help: HTML =
            field.helpURL.map { url in
                """
                <br><a class="small" href="\(url)" target="_blank" rel="noopener noreferrer">Where to find it</a>
                """ as HTML
            } ?? .none
        return """
            <p><label>\(field.label ?? field.name)<br><input type="\(type)" name="\(Self.formField(field.name))" \
            autocomplete="off" autocapitalize="none" spellcheck="false" required\(pattern)></label>\(help)</p>
            """
    }
}
