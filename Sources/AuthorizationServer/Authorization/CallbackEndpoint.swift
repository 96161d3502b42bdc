import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
package import SocketHTTP
import UpstreamIdentity

/// OpenID Connect Core 1.0 §3.1.2.5 as relying party: an upstream provider's answer, in the browser that approved.
///
/// State, browser and provider are checked before the login is taken, so that a stray or hostile callback disturbs no
/// login (D-51, D-53, D-65).
package struct CallbackEndpoint: Endpoint {
    let upstreams: UpstreamDirectory
    let sessions: any AuthorizationStore
    let login: LoginFlow
    let connections: ConnectionKeeper
    let claimMappings: [String: ClaimMapping]
    private let pageLogins: PageLoginFlow
    let clients: any ClientResolver
    let cookies: BrowserCookies
    private let answers: CallbackAnswers
    private let posted: PostedCallback
    let failures: LegFailures
    let pages: PageRenderer
    let refusals: AuthorizationRefusals
    private let devices: DeviceAnswers
    let metrics: ServerMetrics
    let audit: AuditTrail
    let issuer: Issuer
    let random: any RandomSource

    /// The longest parameter of an upstream answer, in bytes (UP-3).
    static let parameterByteCountMax = 4096
    /// The longest code, in bytes: some providers put the whole login into it.
    static let codeByteCountMax = 16_384

    /// The endpoint over its collaborators.
    init(
        upstreams: UpstreamDirectory,
        sessions: any AuthorizationStore,
        login: LoginFlow,
        connections: ConnectionKeeper,
        claimMappings: [String: ClaimMapping] = [:],
        pageLogins: PageLoginFlow,
        clients: any ClientResolver,
        cookies: BrowserCookies,
        work: BackgroundWork,
        pageSealing: PageSealing,
        failures: LegFailures,
        pages: PageRenderer,
        refusals: AuthorizationRefusals,
        devices: DeviceAnswers,
        metrics: ServerMetrics,
        audit: AuditTrail,
        issuer: Issuer,
        random: any RandomSource
    ) {
        self.upstreams = upstreams
        self.sessions = sessions
        self.login = login
        self.connections = connections
        self.claimMappings = claimMappings
        self.pageLogins = pageLogins
        self.clients = clients
        self.cookies = cookies
        answers = CallbackAnswers(work: work)
        posted = PostedCallback(sealing: pageSealing)
        self.failures = failures
        self.pages = pages
        self.refusals = refusals
        self.devices = devices
        self.metrics = metrics
        self.audit = audit
        self.issuer = issuer
        self.random = random
    }

    /// Takes the answer and continues the login, or explains what is wrong.
    package func respond(to request: Request, context: RequestContext) async -> Response {
        guard let name = request.pathParameter, let provider = upstreams[name] else {
            return await refuse("", reason: "unknown_upstream", .unknownUpstream, .notFound, context)
        }
        guard let answer = answer(request, of: provider, now: context.now) else {
            return await refuse(name, reason: "malformed", .badCallback, .badRequest, context)
        }
        guard let key = repeatKey(answer, name, request) else {
            return await process(answer, provider, request, context).response
        }
        return await answers.answer(key, now: context.now) {
            await process(answer, provider, request, context)
        }
    }

    /// What a second load by the same browser has in common with the first; `nil` for a browser without the login's
    /// cookie, whose loads have nothing in common.
    private func repeatKey(_ answer: UpstreamCallback, _ upstream: String, _ request: Request) -> SHA256Digest? {
        let state = answer.state.hash
        let proofs = [cookies.flowBinding(request, state: state)?.wireValue, cookies.pageLogin(request, state: state)]
        guard proofs.contains(where: { $0 != nil }) else { return nil }
        var writer = BinaryWriter(reserving: 512)
        writer.write(upstream)
        for value in [answer.state.wireValue, answer.code, answer.error, answer.issuer] + proofs {
            writer.write(value) { $0.write($1) }
        }
        return SHA256.hash(writer.bytes)
    }

    private func process(
        _ answer: UpstreamCallback,
        _ provider: UpstreamProvider,
        _ request: Request,
        _ context: RequestContext
    ) async -> CallbackAnswers.Outcome {
        let state = answer.state.hash
        // A login that one of our pages started is sealed in this browser's cookie, bound to this very state.
        if let login = pageLogins.pending(request, state: state) {
            let response = await pageLogins.finish(login, answer, at: provider, request: request, context: context)
            return .init(response: response, isFinal: true)
        }
        let binding = cookies.flowBinding(request, state: state)
        let outcome: PendingOutcome
        do throws(StoreError) {
            outcome = try await sessions.takePending(
                state: state,
                upstream: provider.name,
                binding: binding?.hash,
                now: context.now
            ).outcome
        } catch {
            let page = await refuse(provider.name, reason: "overloaded", .overloaded, .serviceUnavailable, context)
            return .init(response: page, isFinal: false)
        }
        guard case .taken(let pending) = outcome else {
            let page = await refusal(of: outcome, hasCookie: binding != nil, provider.name, context)
            return .init(response: page, isFinal: false)
        }
        guard pending.unconfirmed == nil else {
            // The provider has answered already; what is missing is the user's word.
            await sessions.abandon(pending.sessionID)
            let page = await refuse(provider.name, reason: "unconfirmed", .badCallback, .badRequest, context)
            return .init(response: page, isFinal: true)
        }
        var response = await proceed(pending, answer, provider, request, context)
        if let binding { response.setCookies([cookies.keepingFlowBinding(binding, state: state)]) }
        return .init(response: response, isFinal: true)
    }

    private func refusal(
        of outcome: PendingOutcome,
        hasCookie: Bool,
        _ name: String,
        _ context: RequestContext
    ) async -> Response {
        switch outcome {
        case .taken, .unknown:
            // Without the cookie, a guessed state gets the same answer as a real one, so that it cannot be found out
            // which are real (D-52, D-53).
            guard hasCookie else {
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

    func refuse(
        _ upstream: String,
        reason: String,
        _ page: ErrorPage,
        _ status: HTTPResponse.Status,
        _ context: RequestContext
    ) async -> Response {
        metrics.authorization(result: "callback_refused")
        audit.record(.callbackRefused(upstream, reason: reason), context: context)
        // Without the cookie, a real and a guessed state have the same page, which therefore has no reference.
        let hasReference = reason != "unknown_state" && reason != "wrong_browser"
        return pages.error(page, status: status, reference: hasReference ? context.requestID : nil)
    }

    private func parameters(
        _ request: Request,
        of provider: UpstreamProvider,
        now: Timestamp
    ) -> FormParameters? {
        // Whatever is wrong with the query, the answer is unusable.
        guard let query = request.query, let parameters = try? FormParameters(query: query) else { return nil }
        guard provider.callbackMethod == .formPost, parameters.names.contains(PostedCallback.parameter) else {
            return parameters
        }
        // Different parsers read a repeated parameter differently (CVE-2026-9689).
        guard parameters.names.count == 1, let sealed = try? parameters.single(PostedCallback.parameter) else {
            return nil
        }
        return posted.open(sealed, for: provider.name, now: now)
    }

    private func answer(_ request: Request, of provider: UpstreamProvider, now: Timestamp) -> UpstreamCallback? {
        guard let parameters = parameters(request, of: provider, now: now) else { return nil }
        var values: [String: String] = [:]
        for name in ["state", "code", "error", "iss"] {
            // Different parsers read a repeated parameter differently (CVE-2026-9689).
            guard let value = try? parameters.single(name) else {
                guard parameters.values(name).isEmpty else { return nil }
                continue
            }
            let byteCountMax = name == "code" ? Self.codeByteCountMax : Self.parameterByteCountMax
            guard value.utf8.count <= byteCountMax else { return nil }
            values[name] = value
        }
        guard !parameters.duplicatedNames.contains(where: { ["state", "code", "error", "iss"].contains($0) }),
            let state = values["state"]
        else { return nil }
        return UpstreamCallback(
            state: UpstreamState(wireValue: state),
            code: values["code"],
            error: values["error"],
            // Repeated or not, it decides nothing.
            errorDescription: parameters.values("error_description").first,
            issuer: values["iss"],
            fields: provider.fields(ofCallback: parameters)
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
            do throws(LegFailure) {
                let login = try await redeemed(pending, answer, provider)
                if let question = try await question(login, pending, provider, context) {
                    metrics.upstreamLogin(provider.name, result: "success")
                    return question
                }
                let kept = try await kept(login, pending, provider, context)
                progress.userID = kept.userID
                progress.connections.append(kept.id)
                claimMappings[provider.name]?.add(login.claims, to: &progress.claims)
                if pending.userID == nil {
                    progress.noteAuthentication(login.authentication)
                }
                metrics.upstreamLogin(provider.name, result: "success")
            } catch {
                let error = failures.report(error, at: provider.name, context: context)
                metrics.upstreamLogin(provider.name, result: error.code.wireValue)
                guard provider.isOptional else { throw error }
                progress.lastError = error
            }
            return try await self.login.advance(progress, request: request, context: context)
        } catch {
            await sessions.abandon(pending.sessionID)
            return await refusal(error, pending, request, context)
        }
    }

    private func redeemed(
        _ pending: PendingAuthorization,
        _ answer: UpstreamCallback,
        _ provider: UpstreamProvider
    ) async throws(LegFailure) -> UpstreamLogin {
        do {
            return try await answer.redeem(
                at: provider,
                verifier: pending.verifier,
                nonce: pending.nonce,
                // OpenID Connect Core 1.0 §3.1.2.1: a client that requires a recent login must get one (OP-5).
                maximumAgeSeconds: pending.request.maximumAgeSeconds
            )
        } catch {
            throw LegFailure(error)
        }
    }

    // D-60: the page that asks about an account which the user has not connected before; `nil` for any other login.
    private func question(
        _ login: UpstreamLogin,
        _ pending: PendingAuthorization,
        _ provider: UpstreamProvider,
        _ context: RequestContext
    ) async throws(LegFailure) -> Response? {
        do throws(OAuthError) {
            guard let userID = pending.userID, try await !connections.isKnown(login, at: provider, to: userID) else {
                return nil
            }
            try await checkOwner(login.account(of: userID), userID, provider, context)
            return try await ask(userID, login, pending, provider, context)
        } catch {
            throw LegFailure(error)
        }
    }

    private func kept(
        _ login: UpstreamLogin,
        _ pending: PendingAuthorization,
        _ provider: UpstreamProvider,
        _ context: RequestContext
    ) async throws(LegFailure) -> Connection {
        do {
            return try await connections.keep(
                login,
                of: provider,
                for: pending.userID,
                sessionID: pending.sessionID,
                context: context
            )
        } catch {
            throw LegFailure(error)
        }
    }

    func refusal(
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
        if let device = pending.request.device { return await devices.refuse(device, error, context) }
        let client: Client
        do {
            client = try await clients.client(continuingAuthorization: pending.request.clientID, context: context)
        } catch {
            return refusals.page(error)
        }
        // D-89: the client may have withdrawn the address since the login began.
        guard pending.request.canBeAnswered(to: client) else {
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

extension CallbackEndpoint {
    /// The path of all callbacks, relative to the issuer; the upstream's name follows.
    package static let path = "/oauth/callback"

    var surfaces: [Surface] {
        [Surface(.get, Self.path + "/{upstream}", name: "callback", origins: .refused, Self.operation)]
    }

    private static let operation = OpenAPIOperation(
        id: "callback",
        summary: "Receives an identity provider's answer.",
        parameters: [
            .upstreamInPath, OpenAPIParameter(name: "state"), OpenAPIParameter(name: "code"),
            OpenAPIParameter(name: "error"), OpenAPIParameter(name: "iss"),
        ],
        responses: [
            (302, .empty("Redirect to the next provider, or back to the client")),
            (400, .page("The answer is invalid")), (403, .page("The login was started in another browser")),
            (404, OpenAPIResponse.page("The provider does not exist").merging(.error("The path does not exist"))),
            (429, .page("Too many metadata documents were requested")),
            (502, .page("The client's metadata document could not be fetched")),
        ]
    )
}
