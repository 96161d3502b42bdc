/// D-60: the question before an account at a further provider becomes a user's: which account, and whose.
struct LegConfirmationPage {
    /// The provider.
    let upstream: String
    /// The account there, as the provider names it.
    let account: String
    /// The user who logged in at the first provider.
    let userName: String?
    /// Whether another user has connected the same account.
    let isShared: Bool
    /// The login's state; the form brings it back.
    let state: String

    var title: String { "Connect \(upstream)?" }

    private var situation: String {
        isShared
            ? "Another user of this server has connected the account at \(upstream)."
            : "The account at \(upstream) is not connected yet."
    }

    func body(action: String) -> HTML {
        """
        <h1>Connect <strong>\(upstream)</strong>?</h1>
        <p>\(situation)</p>
        <dl><dt>Account</dt><dd>\(account)</dd>
        <dt>For</dt><dd>\(userName ?? "the user who has just signed in")</dd></dl>
        <p class="warn">\(PageIcon.attention)<span>Applications of this user may then use the account. Continue only if \
        both are you.</span></p>
        <form method="post" action="\(action)"><input type="hidden" name="leg" value="\(state)">
        <input type="hidden" name="upstream" value="\(upstream)">
        <div class="actions"><button type="submit" name="decision" value="deny">Not me</button>
        <button type="submit" name="decision" value="connect" class="main">Connect \(upstream)</button></div></form>
        """
    }
}
