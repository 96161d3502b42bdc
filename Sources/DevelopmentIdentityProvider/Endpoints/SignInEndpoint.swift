import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// The target of the sign-in page of both flavours.
struct SignInEndpoint: Sendable {
    let context: ProviderContext

    func respond(to request: Request, faults: ScriptedFaults) async -> Answer {
        guard RequestParameters.isForm(request), let form = RequestParameters.reading(body: request.body),
            let handle = form.values("request").first,
            let signIn = await context.state.takeSignIn(handle, now: context.now)
        else { return .response(Pages.refusal("This sign-in page has been used or has expired.")) }
        let redirect = AuthorizationRedirect(context: context)
        guard form.values("decision").first != "deny" else {
            return .response(redirect.refusing(signIn, OAuthError(.accessDenied, "the user has cancelled")))
        }
        guard let subject = form.values("user").first, await context.state.user(subject) != nil else {
            return .response(Pages.refusal("The user does not exist."))
        }
        let session = await BrowserSession.begin(subject: subject, context)
        var response = await redirect.granting(signIn, subject: subject, session: session)
        response.headerFields[.setCookie] = session.setCookie
        return .response(response)
    }
}

/// OpenID Connect RP-Initiated Logout 1.0 §2, as far as development needs it: forgets the browser.
struct EndSessionEndpoint: Sendable {
    let context: ProviderContext

    func respond(to request: Request, faults: ScriptedFaults) async -> Answer {
        if let id = BrowserSession.identifier(in: request) { await context.state.forgetBrowser(id) }
        var response = Pages.page(title: "Signed out", body: "<p>This browser is signed out.</p>")
        response.headerFields[.setCookie] = BrowserSession.removeCookie
        return .response(response)
    }
}
