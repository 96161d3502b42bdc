import HTTPTypes
import OAuthProtocol
package import OAuthState
import OpenSSLCrypto
package import SocketHTTP
import UpstreamIdentity

/// OpenID Connect Core 1.0 §3.1.2.5 as relying party: an upstream provider's answer, in the browser that approved.
///
/// State, browser and provider are checked before the login is taken, so that a stray or hostile callback disturbs no
/// login (D-51, D-53, D-65).
package struct CallbackEndpoint: Endpoint {
    private let upstreams: UpstreamDirectory
    private let sessions: any AuthorizationStore
    private let login: LoginFlow
    private let connections: ConnectionKeeper
    private let claimMappings: [String: ClaimMapping]
    private let pageLogins: PageLoginFlow
    private let clients: any ClientResolver
    private let cookies: BrowserCookies
    private let pages: PageRenderer
    private let refusals: AuthorizationRefusals
    private let metrics: ServerMetrics
    private let audit: AuditTrail

    /// The longest parameter of an upstream answer, in bytes (UP-3).
    static let parameterByteCountMax = 4096

    /// The endpoint over its collaborators.
    package init(
        upstreams: UpstreamDirectory,
        sessions: any AuthorizationStore,
        login: LoginFlow,
        connections: ConnectionKeeper,
        claimMappings: [String: ClaimMapping] = [:],
        pageLogins: PageLoginFlow,
        clients: any ClientResolver,
        cookies: BrowserCookies,
        pages: PageRenderer,
        refusals: AuthorizationRefusals,
        metrics: ServerMetrics,
        audit: AuditTrail
    ) {
        self.upstreams = upstreams
        self.sessions = sessions
        self.login = login
        self.connections = connections
        self.claimMappings = claimMappings
        self.pageLogins = pageLogins
        self.clients = clients
        self.cookies = cookies
        self.pages = pages
        self.refusals = refusals
        self.metrics = metrics
        self.audit = audit
    }

    /// Takes the answer and continues the login, or explains what is wrong.
    package func respond(to request: Request, context: RequestContext) async -> Response {
        guard let name = request.pathParameter, let provider = upstreams[name] else {
            return await refuse("", reason: "unknown_upstream", .unknownUpstream, .notFound, context)
        }
        guard let answer = answer(request) else {
            return await refuse(name, reason: "malformed", .badCallback, .badRequest, context)
        }
        let state = answer.state.hash
        // A login that one of our pages started is sealed in this browser's cookie, bound to this very state.
        if let login = pageLogins.pending(request, state: state) {
            return await pageLogins.finish(login, answer, at: provider, request: request, context: context)
        }
        let binding = cookies.flowBinding(request, state: state)
        let outcome: PendingOutcome
        do throws(StoreError) {
            outcome = try await sessions.takePending(
                state: state,
                upstream: name,
                binding: binding?.hash,
                now: context.now
            ).outcome
        } catch {
            return await refuse(name, reason: "overloaded", .overloaded, .serviceUnavailable, context)
        }
        switch outcome {
        case .taken(let pending):
            var response = await proceed(pending, answer, provider, request, context)
            let removal = cookies.removingFlowBinding(state: state)
            response.headerFields.append(HTTPField(name: .setCookie, value: removal))
            return response
        case .unknown:
            // Without the cookie, a guessed state gets the same answer as a real one, so that it cannot be found out
            // which are real (D-52, D-53).
            guard binding != nil else {
                return await refuse(name, reason: "unknown_state", .wrongBrowser, .forbidden, context)
            }
            return await refuse(name, reason: "expired", .expired, .badRequest, context)
        case .full:
            return await refuse(name, reason: "full", .overloaded, .serviceUnavailable, context)
        case .wrongUpstream:
            return await refuse(name, reason: "wrong_upstream", .badCallback, .badRequest, context)
        case .wrongBrowser:
            return await refuse(name, reason: "wrong_browser", .wrongBrowser, .forbidden, context)
        }
    }

    private func refuse(
        _ upstream: String,
        reason: String,
        _ page: ErrorPage,
        _ status: HTTPResponse.Status,
        _ context: RequestContext
    ) async -> Response {
        metrics.authorization(result: "callback_refused")
        audit.record(.callbackRefused(upstream, reason: reason), context: context)
        return pages.error(page, status: status)
    }

    private func answer(_ request: Request) -> UpstreamCallback? {
        // Whatever is wrong with the query, the answer is unusable.
        guard let query = request.query, let parameters = try? FormParameters(query: query) else { return nil }
        var values: [String: String] = [:]
        for name in ["state", "code", "error", "iss"] {
            // Different parsers read a repeated parameter differently (CVE-2026-9689).
            guard let value = try? parameters.single(name) else {
                guard parameters.values(name).isEmpty else { return nil }
                continue
            }
            guard value.utf8.count <= Self.parameterByteCountMax else { return nil }
            values[name] = value
        }
        guard !parameters.duplicatedNames.contains(where: { ["state", "code", "error", "iss"].contains($0) }),
            let state = values["state"]
        else { return nil }
        return UpstreamCallback(
            state: UpstreamState(wireValue: state),
            code: values["code"],
            error: values["error"],
            issuer: values["iss"]
        )
    }

    private func proceed(
        _ pending: PendingAuthorization,
        _ answer: UpstreamCallback,
        _ provider: UpstreamProvider,
        _ request: Request,
        _ context: RequestContext
    ) async -> Response {
        var progress = LoginProgress(pending)
        do throws(OAuthError) {
            do throws(OAuthError) {
                let login = try await answer.redeem(
                    at: provider,
                    verifier: pending.verifier,
                    nonce: pending.nonce,
                    // OpenID Connect Core 1.0 §3.1.2.1: a client that requires a recent login must get one (OP-5).
                    maximumAgeSeconds: pending.request.maximumAgeSeconds
                )
                let kept = try await connections.keep(
                    login,
                    of: provider,
                    for: pending.userID,
                    sessionID: pending.sessionID,
                    context: context
                )
                progress.userID = kept.userID
                progress.connections.append(kept.id)
                claimMappings[provider.name]?.add(login.claims, to: &progress.claims)
                if pending.userID == nil {
                    progress.noteAuthentication(login.authentication)
                }
                metrics.upstreamLogin(provider.name, result: "success")
            } catch {
                metrics.upstreamLogin(provider.name, result: error.code.wireValue)
                audit.record(.upstreamFailed(provider.name, error: error.code), context: context)
                guard provider.isOptional else { throw error }
                progress.lastError = error
            }
            return try await self.login.advance(progress, request: request, context: context)
        } catch {
            await sessions.abandon(pending.sessionID)
            return await refusal(error, pending, request, context)
        }
    }

    private func refusal(
        _ error: OAuthError,
        _ pending: PendingAuthorization,
        _ request: Request,
        _ context: RequestContext
    ) async -> Response {
        metrics.authorization(result: error.code.wireValue)
        audit.record(
            .authorizationRefused(clientID: pending.request.clientID, error: error.code),
            context: context
        )
        let client: Client
        do {
            client = try await clients.client(continuingAuthorization: pending.request.clientID, context: context)
        } catch {
            return refusals.page(error)
        }
        // D-89: the client may have withdrawn the address since the login began.
        guard RedirectURI.match(pending.request.redirectURI, among: client.redirectURIs) else {
            return refusals.page(AuthorizationPageError(.unregisteredRedirectURI))
        }
        return refusals.redirect(
            error,
            client: client,
            redirectURI: pending.request.redirectURI,
            state: pending.request.state,
            after: request.method
        )
    }
}

extension LoginProgress {
    init(_ pending: PendingAuthorization) {
        self.init(
            request: pending.request,
            sessionID: pending.sessionID,
            remainingUpstreams: pending.remainingUpstreams,
            userID: pending.userID,
            connections: pending.connections,
            authenticatedAt: pending.authenticatedAt,
            expectedUserID: pending.expectedUserID,
            claims: pending.claims
        )
    }
}
