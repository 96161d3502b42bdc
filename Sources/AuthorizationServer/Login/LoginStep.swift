import OAuthProtocol
import OAuthState
import SocketHTTP

/// What a login needs next; the endpoint that asked does it with a ``LoginResponder``.
enum LoginStep: Sendable {
    /// Ask the user for consent; nothing is stored yet.
    case askConsent(ConsentQuestion)
    /// Send the browser to a provider, with the cookies that bind the leg to it.
    case visit(location: String, cookies: [String])
    /// Ask the user about a new account, in the browser that the cookie binds (D-60).
    case confirm(LegConfirmationPage, cookie: String)
    /// Give the client its code: all legs are done.
    case answer(Login)
    /// Give the client an error.
    case refuse(OAuthError, AuthorizationRequest)
    /// The user has logged in to our own pages: set the cookie that says so, and go back to the page.
    case signIn(cookie: String, returningTo: String)
    /// Show a page: the browser is refused, or a login of our own pages has ended.
    case show(Response)
}

/// What the consent page asks.
struct ConsentQuestion: Sendable {
    /// The checked request.
    let request: AuthorizationRequest
    /// The client that asks.
    let client: Client
    /// What it wants access to.
    let resource: ProtectedResource
}

/// What follows a provider's answer, or a user's decision.
struct LegOutcome: Sendable {
    /// What the login needs next.
    let step: LoginStep
    /// Whether the leg was taken; a refusal that used up nothing is not final.
    let isFinal: Bool
    /// The leg's own cookies, as the browser is to keep them.
    let cookies: [String]

    /// The outcome of a leg that was taken.
    static func taken(_ step: LoginStep, cookies: [String] = []) -> LegOutcome {
        LegOutcome(step: step, isFinal: true, cookies: cookies)
    }

    /// A refusal; the leg goes on waiting.
    static func refused(_ page: Response) -> LegOutcome {
        LegOutcome(step: .show(page), isFinal: false, cookies: [])
    }
}
