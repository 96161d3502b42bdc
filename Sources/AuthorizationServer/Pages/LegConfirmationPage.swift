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

    var title: String { PageText.connectQuestion.text(["upstream": upstream]) }

    private var situation: String {
        isShared
            ? PageText.accountShared.text(["upstream": upstream]) : PageText.accountNew.text(["upstream": upstream])
    }

    func body(action: String) -> HTML {
        """
        <h1>\(PageText.connectQuestion.html(["upstream": "<strong>\(upstream)</strong>"]))</h1>
        <p>\(situation)</p>
        <dl><dt>\(PageText.account)</dt><dd>\(account)</dd>
        <dt>\(PageText.legFor)</dt><dd>\(userName ?? PageText.justSignedIn.text())</dd></dl>
        <p class="warn">\(PageIcon.attention)<span>\(PageText.legWarning)</span></p>
        <form method="post" action="\(action)"><input type="hidden" name="leg" value="\(state)">
        <input type="hidden" name="upstream" value="\(upstream)">
        <div class="actions"><button type="submit" name="decision" value="deny">\(PageText.notMe)</button>
        <button type="submit" name="decision" value="connect" class="main">\(PageText.connectIt.text(["upstream": upstream]))</button></div></form>
        """
    }
}
