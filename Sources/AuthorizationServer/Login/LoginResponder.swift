import HTTPTypes
import OAuthProtocol
import OAuthState
import SocketHTTP

/// RFC 6749 §4.1: does what a login needs next, and answers the browser.
struct LoginResponder: Sendable {
    let completion: LoginCompletion
    let prompt: ConsentPrompt
    let admission: AuthorizationAdmission
    let sessions: any LoginStore
    let browser: BrowserGround
    let instruments: Instruments

    /// Does a step; the client is the request's, if the endpoint has just found it.
    func respond(
        to step: LoginStep,
        for client: Client? = nil,
        _ request: Request,
        _ context: RequestContext
    ) async -> Response {
        switch step {
        case .askConsent(let question): return await ask(question, request, context)
        case .visit(let location, let cookies):
            var response = Response.redirect(to: location, after: request.method)
            response.setCookies(cookies)
            return response
        case .confirm(let page, let cookie):
            var response = browser.pages.confirmLeg(page)
            response.setCookies([cookie])
            return response
        case .answer(let login): return await answer(login, client, request, context)
        case .refuse(let error, let authorization):
            return await refuse(error, authorization, client, request, context)
        case .signIn(let cookie, let path):
            var response = Response.redirect(to: browser.issuer.url(path), after: request.method)
            response.setCookies([cookie])
            return response
        case .show(let page): return page
        }
    }

    private func ask(_ question: ConsentQuestion, _ request: Request, _ context: RequestContext) async -> Response {
        do throws(OAuthError) {
            return try prompt.page(question, request, context)
        } catch {
            return await refuse(error, question.request, question.client, request, context)
        }
    }

    private func answer(
        _ login: Login,
        _ client: Client?,
        _ request: Request,
        _ context: RequestContext
    ) async -> Response {
        do throws(OAuthError) {
            return try await completion.complete(login, request: request, context: context)
        } catch {
            await sessions.abandon(login.sessionID)
            return await refuse(error, login.request, client, request, context)
        }
    }

    /// RFC 6749 §4.1.2.1: gives the client, or the device that waits, an error.
    private func refuse(
        _ error: OAuthError,
        _ authorization: AuthorizationRequest,
        _ known: Client?,
        _ request: Request,
        _ context: RequestContext
    ) async -> Response {
        instruments.metrics.authorization(result: error.code.wireValue)
        instruments.audit.record(
            .authorizationRefused(clientID: authorization.clientID, error: error.code),
            context: context
        )
        if let device = authorization.device { return await admission.devices.refuse(device, error, context) }
        let client: Client
        do throws(AuthorizationPageError) {
            client = try await self.client(of: authorization, known, context)
        } catch {
            return browser.refusals.page(error)
        }
        // D-89: the client may have withdrawn the address since the login began.
        guard authorization.canBeAnswered(to: client) else {
            return browser.refusals.page(AuthorizationPageError(.unregisteredRedirectURI))
        }
        return browser.refusals.redirect(
            error,
            client: client,
            redirectURI: authorization.redirectURI,
            state: authorization.state,
            after: request.method
        )
    }

    private func client(
        of authorization: AuthorizationRequest,
        _ known: Client?,
        _ context: RequestContext
    ) async throws(AuthorizationPageError) -> Client {
        if let known { return known }
        return try await admission.clients.client(continuingAuthorization: authorization.clientID, context: context)
    }
}
