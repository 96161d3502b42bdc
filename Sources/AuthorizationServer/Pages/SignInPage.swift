/// The page that asks for the user before it shows personal data.
struct SignInPage: Sendable {
    /// The form's target, relative to the issuer.
    let path: String
    /// What the sign-in is for: a sentence.
    let purpose: PageText
    /// The providers at which a user can sign in.
    let upstreams: [String]
    /// Keeps other sites from sending the form.
    let ticket: String

    var title: String { PageText.signIn.text() }

    func body(action: String) -> HTML {
        """
        <h1>\(PageText.whoAreYou)</h1>
        <p>\(purpose)</p>
        <form method="post" action="\(action)"><input type="hidden" name="ticket" value="\(ticket)">
        <div class="actions column">\(upstreams.map(button))</div></form>
        <p class="quiet small">\(PageText.passwordUnseen)</p>
        """
    }

    private func button(_ upstream: String) -> HTML {
        """
        <button type="submit" name="sign_in" value="\(upstream)" class="main">\
        \(PageText.signInWith.text(["upstream": upstream]))</button>
        """
    }
}
