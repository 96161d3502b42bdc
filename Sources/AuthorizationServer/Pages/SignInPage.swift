/// The page that asks for the user before it shows personal data.
struct SignInPage: Sendable {
    /// The form's target, relative to the issuer.
    let path: String
    /// The purpose of the sign-in.
    let purpose: String
    /// The providers at which a user can sign in.
    let upstreams: [String]
    /// Keeps other sites from sending the form.
    let ticket: String

    var title: String { "Sign in" }

    func body(action: String) -> HTML {
        """
        <h1>Who are you?</h1>
        <p>Sign in \(purpose).</p>
        <form method="post" action="\(action)"><input type="hidden" name="ticket" value="\(ticket)">
        <div class="actions column">\(upstreams.map(button))</div></form>
        <p class="quiet small">This server never sees your password.</p>
        """
    }

    private func button(_ upstream: String) -> HTML {
        "<button type=\"submit\" name=\"sign_in\" value=\"\(upstream)\" class=\"main\">Sign in with \(upstream)</button>"
    }
}
