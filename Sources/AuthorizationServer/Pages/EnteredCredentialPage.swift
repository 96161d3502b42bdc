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
            case .unusable(let label): PageText.enteredUnusable.html(["label": "\(label)"])
            case .mismatch(let label): PageText.enteredMismatch.html(["label": "\(label)"])
            case .refused: PageText.enteredRefused.html()
            case .unavailable: PageText.enteredUnavailable.html()
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

    var title: String { PageText.connectIt.text(["upstream": upstream]) }

    /// The form's field for a value.
    static func formField(_ name: String) -> String { "field." + name }

    func body(action: String) -> HTML {
        """
        <h1>\(PageText.connectQuestion.html(["upstream": "<strong>\(upstream)</strong>"]))</h1>
        <p>\(PageText.enteredText)</p>
        <dl><dt>\(PageText.signedInAs)</dt><dd>\(userName ?? PageText.signedIn.text())</dd></dl>
        \(problem.map { warning($0.words) } ?? .none)
        <form method="post" action="\(action)" autocomplete="off"><input type="hidden" name="ticket" value="\(ticket)">
        \(credential.fields.map(input))
        <p class="warn">\(PageIcon.attention)<span>\(PageText.onlyIfYou)</span></p>
        <div class="actions"><button type="submit" name="decision" value="deny" formnovalidate>\(PageText.notNow)</button>
        <button type="submit" name="decision" value="connect" class="main">\(title)</button></div>
        <div class="actions"><button type="submit" name="sign_out" value="yes" formnovalidate>\
        \(PageText.signOutNotYou)</button></div></form>
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
                <br><a class="small" href="\(url)" target="_blank" rel="noopener noreferrer">\(PageText.whereToFind)</a>
                """ as HTML
            } ?? .none
        return """
            <p><label>\(field.label ?? field.name)<br><input type="\(type)" name="\(Self.formField(field.name))" \
            autocomplete="off" autocapitalize="none" spellcheck="false" required\(pattern)></label>\(help)</p>
            """
    }
}
