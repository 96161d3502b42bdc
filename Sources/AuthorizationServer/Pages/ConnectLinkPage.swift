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

    var title: String { "Connect \(link.upstream)" }

    func body(action: String) -> HTML {
        """
        <h1>Connect <strong>\(link.upstream)</strong>?</h1>
        <p>An application to which you gave access needs your account there.</p>
        <dl><dt>Signed in as</dt><dd>\(userName ?? "signed in")</dd>
        \(scopes.isEmpty ? .none : "<dt>It needs</dt><dd>\(ScopeWords.inline(scopes.tokens))</dd>")</dl>
        <p class="warn">\(PageIcon.attention)<span>Continue only if your own application sent you here, and if this is \
        you.</span></p>
        <form method="post" action="\(action)"><input type="hidden" name="ticket" value="\(ticket)">
        <div class="actions"><button type="submit" name="decision" value="deny">Not now</button>
        <button type="submit" name="decision" value="connect" class="main">Connect \(link.upstream)</button></div>
        <div class="actions"><button type="submit" name="sign_out" value="yes">Not you? Sign out here</button></div></form>
        """
    }
}
