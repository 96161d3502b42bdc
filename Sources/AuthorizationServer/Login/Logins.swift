import OAuthProtocol
import OAuthState
import SocketHTTP
import UpstreamIdentity

/// The flow of logins with what carries out its steps: all that an endpoint needs.
struct Logins: Sendable {
    /// Says what is next.
    let flow: LoginFlow
    /// Does it.
    let responder: LoginResponder

    /// Does what follows an answer or a decision, and updates the leg's cookies.
    func respond(to outcome: LegOutcome, _ request: Request, _ context: RequestContext) async -> Response {
        var response = await responder.respond(to: outcome.step, request, context)
        response.setCookies(outcome.cookies)
        return response
    }

    /// Sends the browser to a provider for one of our own pages.
    ///
    /// - Throws: The obstacle: the provider is unreachable, or the login cannot be sealed.
    func begin(
        _ purpose: PageLogin.Purpose,
        at provider: UpstreamProvider,
        _ request: Request,
        _ context: RequestContext
    ) async throws(OAuthError) -> Response {
        let step = try await flow.begin(purpose, at: provider, request, context)
        return await responder.respond(to: step, request, context)
    }
}
