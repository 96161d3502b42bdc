import HTTPTypes
package import OAuthProtocol
import OAuthState
package import OpenSSLCrypto
package import SocketHTTP

/// RFC 6749 §3.1: the authorization endpoint.
///
/// Checks everything, then asks for consent; it stores, fetches and redirects nothing before the earlier checks hold
/// (LF-1, LF-2).
package struct AuthorizationEndpoint: Endpoint {
    private let clients: any ClientResolver
    private let resources: ResourceCatalogue
    private let scopePolicy: ScopePolicy
    private let consent: ConsentPolicy
    private let tickets: ConsentTicketSealing
    private let login: LoginFlow
    private let limit: AuthorizationLimit
    private let cookies: BrowserCookies
    private let pages: PageRenderer
    private let refusals: AuthorizationRefusals
    private let random: any RandomSource
    private let metrics: ServerMetrics
    private let audit: AuditTrail

    /// The endpoint over its collaborators.
    package init(
        clients: any ClientResolver,
        resources: ResourceCatalogue,
        scopePolicy: ScopePolicy,
        consent: ConsentPolicy,
        tickets: ConsentTicketSealing,
        login: LoginFlow,
        limit: AuthorizationLimit,
        cookies: BrowserCookies,
        pages: PageRenderer,
        refusals: AuthorizationRefusals,
        random: any RandomSource,
        metrics: ServerMetrics,
        audit: AuditTrail
    ) {
        self.clients = clients
        self.resources = resources
        self.scopePolicy = scopePolicy
        self.consent = consent
        self.tickets = tickets
        self.login = login
        self.limit = limit
        self.cookies = cookies
        self.pages = pages
        self.refusals = refusals
        self.random = random
        self.metrics = metrics
        self.audit = audit
    }

    /// Answers with the consent page, a redirect upstream if no consent is needed, or a refusal.
    package func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(AuthorizationPageError) {
            // Syntax, client, redirect URI: until these hold, no redirect is allowed (RFC 6749 §4.1.2.1).
            let check = try AuthorizationRequestCheck(query: request.query)
            let client = try await clients.client(forAuthorization: try check.clientID(), context: context)
            let redirectURI = try check.redirectURI(of: client)
            do throws(OAuthError) {
                let authorization = try check.request(
                    client: client,
                    redirectURI: redirectURI,
                    resources: resources,
                    scopePolicy: scopePolicy
                )
                return try await proceed(authorization, client: client, request, context)
            } catch {
                metrics.authorization(result: error.code.wireValue)
                audit.record(.authorizationRefused(clientID: client.id, error: error.code), context: context)
                return refusals.redirect(
                    error,
                    client: client,
                    redirectURI: redirectURI,
                    state: check.state,
                    after: request.method
                )
            }
        } catch {
            metrics.authorization(result: "page_error")
            return refusals.page(error)
        }
    }

    private func proceed(
        _ authorization: AuthorizationRequest,
        client: Client,
        _ request: Request,
        _ context: RequestContext
    ) async throws(OAuthError) -> Response {
        let resource = try resources.resource(authorization.resource)
        let decision = await consent.decision(for: authorization, client: client, request: request, now: context.now)
        switch decision {
        case .ask:
            // OpenID Connect Core 1.0 §3.1.2.1: with `none` no page may be shown (AZ-19).
            if authorization.prompts.contains("none") {
                throw OAuthError(.consentRequired, "the user must give consent")
            }
            try login.checkLoginTime(authorization, resource: resource)
            return try page(authorization, client: client, resource: resource, request, context)
        case .notNeeded(let expectedUserID):
            if authorization.prompts.contains("none") {
                throw OAuthError(.loginRequired, "the user must log in")
            }
            // Without a page, every visit stores a login and is counted; with one, the approval is counted.
            if let refusal = await limit.refusal(context) {
                metrics.authorization(result: "throttled")
                return refusal
            }
            return try await login.begin(
                authorization,
                resource: resource,
                expectedUserID: expectedUserID,
                request: request,
                context: context
            )
        }
    }

    private func page(
        _ authorization: AuthorizationRequest,
        client: Client,
        resource: ProtectedResource,
        _ request: Request,
        _ context: RequestContext
    ) throws(OAuthError) -> Response {
        // Each page has its own value under its own name, so that all pages of a browser stay valid (CO-2).
        let binding = BrowserBinding(random: random)
        let id = tickets.makeID()
        let ticket: String
        do {
            ticket = try tickets.seal(authorization, id: id, browser: binding.hash, now: context.now)
        } catch {
            throw OAuthError(.serverError, "the consent page could not be prepared")
        }
        metrics.authorization(result: "consent_page")
        var response = pages.consent(
            ConsentPage(
                client: client,
                request: authorization,
                upstreams: login.describe(resource),
                ticket: ticket
            )
        )
        for cookie in cookies.removingSurplusConsents(request) {
            response.headerFields.append(HTTPField(name: .setCookie, value: cookie))
        }
        let cookie = cookies.settingConsentBinding(binding, ticket: id)
        response.headerFields.append(HTTPField(name: .setCookie, value: cookie))
        return response
    }
}
