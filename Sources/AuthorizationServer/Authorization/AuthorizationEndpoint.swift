import HTTPTypes
import OAuthProtocol
import OAuthState
package import SocketHTTP

/// RFC 6749 §3.1: the authorization endpoint.
///
/// Checks everything, then asks for consent; it stores, fetches and redirects nothing before the earlier checks hold
/// (LF-1, LF-2).
package struct AuthorizationEndpoint: Endpoint {
    let admission: AuthorizationAdmission
    let reading: AuthorizationReading
    let logins: Logins
    let browser: BrowserGround
    let instruments: Instruments

    /// Answers with the consent page, a redirect upstream if no consent is needed, or a refusal.
    package func respond(to request: Request, context: RequestContext) async -> Response {
        var clientID: String?
        do throws(AuthorizationPageError) {
            // Syntax, client, redirect URI: until these hold, no redirect is allowed (RFC 6749 §4.1.2.1).
            let found = try reading.find(request, now: context.now)
            let check = found.check
            clientID = try check.clientID()
            let client = try await admission.clients.client(forAuthorization: try check.clientID(), context: context)
            let redirectURI = try check.redirectURI(of: client)
            do throws(OAuthError) {
                try reading.checkPush(found, of: client)
                var authorization = try check.request(
                    client: client,
                    redirectURI: redirectURI,
                    resources: admission.resources,
                    scopePolicy: admission.scopePolicy
                )
                authorization.push = found.push
                return try await proceed(authorization, client: client, request, context)
            } catch {
                instruments.metrics.authorization(result: error.code.wireValue)
                instruments.audit.record(
                    .authorizationRefused(clientID: client.id, error: error.code),
                    context: context
                )
                return browser.refusals.redirect(
                    error,
                    client: client,
                    redirectURI: redirectURI,
                    state: check.state,
                    after: request.method
                )
            }
        } catch {
            instruments.metrics.authorization(result: "page_error")
            let event = AuditEvent.authorizationPage(clientID, error.problem)
            // Only a client that was found is a party: every text of a stranger would be the first of its own.
            instruments.refusals.record(event, of: error.problem.isOfClient ? clientID ?? "" : "", context)
            return browser.refusals.page(error)
        }
    }

    private func proceed(
        _ authorization: AuthorizationRequest,
        client: Client,
        _ request: Request,
        _ context: RequestContext
    ) async throws(OAuthError) -> Response {
        let resource = try admission.resources.resource(authorization.resource)
        let question = ConsentQuestion(request: authorization, client: client, resource: resource)
        let step = try await logins.flow.start(question, request, context)
        return await logins.responder.respond(to: step, for: client, request, context)
    }
}

extension AuthorizationEndpoint {
    var surfaces: [Surface] {
        [
            Surface(
                .get,
                "/oauth/authorize",
                name: "authorize",
                origins: .refused,
                advertisement: .init(member: "authorization_endpoint"),
                Self.operation
            )
        ]
    }

    private static let operation = OpenAPIOperation(
        id: "authorize",
        summary: "Asks for consent, then redirects to the identity provider (RFC 6749, RFC 7636, RFC 8707).",
        parameters: [
            OpenAPIParameter(name: "client_id", isRequired: true), OpenAPIParameter(name: "redirect_uri"),
            OpenAPIParameter(name: "response_type", isRequired: true), OpenAPIParameter(name: "scope"),
            OpenAPIParameter(name: "state"), OpenAPIParameter(name: "code_challenge", isRequired: true),
            OpenAPIParameter(name: "code_challenge_method", isRequired: true), OpenAPIParameter(name: "resource"),
            OpenAPIParameter(name: "nonce"), OpenAPIParameter(name: "prompt"), OpenAPIParameter(name: "max_age"),
            OpenAPIParameter(name: "login_hint"), OpenAPIParameter(name: "acr_values"),
        ],
        responses: [
            (200, .page("The consent page")), (302, .empty("Redirect to the identity provider, or back with an error")),
            (400, .page("The request is invalid and is not answered by a redirect")),
            (429, .page("Too many metadata documents were requested")),
            (502, .page("The client's metadata document could not be fetched")),
        ]
    )
}
