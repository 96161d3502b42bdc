import OAuthProtocol
import OAuthState

/// The page behind a `connect_uri`: shows who connects what, and asks for confirmation (D-60: it shows the user's name,
/// and offers to sign out).
struct ConnectLinkPage: Sendable {
    /// The form's target, relative to the issuer.
    let path: String
    let link: ConnectLink
    /// The scopes that the provider will be asked for: the link's, and the configured ones.
    let scopes: ScopeSet
    let userName: String?
    /// Keeps other sites from sending the form.
    let ticket: String

    var title: String { PageText.connectIt.text(["upstream": link.upstream]) }

    func body(action: String) -> HTML {
        """
        <h1>\(PageText.connectQuestion.html(["upstream": "<strong>\(link.upstream)</strong>"]))</h1>
        <p>\(PageText.connectText)</p>
        <dl><dt>\(PageText.signedInAs)</dt><dd>\(userName ?? PageText.signedIn.text())</dd>
        \(scopes.isEmpty ? .none : "<dt>\(PageText.itNeeds)</dt><dd>\(ScopeWords.inline(scopes.tokens))</dd>")</dl>
        <p class="warn">\(PageIcon.attention)<span>\(PageText.onlyIfYou)</span></p>
        <form method="post" action="\(action)"><input type="hidden" name="ticket" value="\(ticket)">
        <div class="actions"><button type="submit" name="decision" value="deny">\(PageText.notNow)</button>
        <button type="submit" name="decision" value="connect" class="main">\(title)</button></div>
        <div class="actions"><button type="submit" name="sign_out" value="yes">\(PageText.signOutNotYou)</button></div></form>
        """
    }
}
