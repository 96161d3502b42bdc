import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import SocketHTTP
import UpstreamIdentity

/// OpenID Connect Core 1.0 §3.1.2.5 as relying party: a provider's answer to a leg of a login.
///
/// Browser and provider are checked before the login is taken (D-51, D-53, D-65).
struct LoginCallback: Sendable {
    let legs: ProviderLegs
    let sessions: any AuthorizationStore
    let login: LoginFlow
    let admission: AuthorizationAdmission
    let browser: BrowserGround
    let instruments: Instruments

    /// Takes the login that waits for an answer, and continues it.
    func take(
        _ answer: UpstreamCallback,
        at provider: UpstreamProvider,
        _ request: Request,
        _ context: RequestContext
    ) async -> CallbackAnswers.Outcome {
        let state = answer.state.hash
        let binding = browser.cookies.flowBinding(request, state: state)
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
        if let binding { response.setCookies([browser.cookies.keepingFlowBinding(binding, state: state)]) }
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
        instruments.metrics.authorization(result: "callback_refused")
        instruments.audit.record(.callbackRefused(upstream, reason: reason), context: context)
        // Without the cookie, a real and a guessed state have the same page, which therefore has no reference.
        let hasReference = reason != "unknown_state" && reason != "wrong_browser"
        return browser.pages.error(page, status: status, reference: hasReference ? context.requestID : nil)
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
                    instruments.metrics.upstreamLogin(provider.name, result: "success")
                    return question
                }
                let kept = try await kept(login, pending, provider, context)
                progress.userID = kept.userID
                progress.connections.append(kept.id)
                legs.claimMappings[provider.name]?.add(login.claims, to: &progress.claims)
                if pending.userID == nil {
                    progress.noteAuthentication(login.authentication)
                    progress.withheldScopes = legs.withheldScopes(login, for: pending.request)
                }
                instruments.metrics.upstreamLogin(provider.name, result: "success")
            } catch {
                let error = legs.failures.report(error, at: provider.name, context: context)
                instruments.metrics.upstreamLogin(provider.name, result: error.code.wireValue)
                guard legs.upstreams.isOptional(provider.name, for: pending.request.resource) else { throw error }
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
        do throws(UpstreamError) {
            let login = try await answer.redeem(
                at: provider,
                verifier: pending.verifier,
                nonce: pending.nonce,
                // OpenID Connect Core 1.0 §3.1.2.1: a client that requires a recent login must get one (OP-5).
                maximumAgeSeconds: pending.request.maximumAgeSeconds
            )
            try legs.checkAccess(login, at: provider, identifying: pending.userID == nil ? pending.request : nil)
            return login
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
            guard let userID = pending.userID, try await !legs.keeper.isKnown(login, at: provider, to: userID) else {
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
            return try await legs.keeper.keep(
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
        instruments.metrics.authorization(result: error.code.wireValue)
        instruments.audit.record(
            .authorizationRefused(clientID: pending.request.clientID, error: error.code),
            context: context
        )
        if let device = pending.request.device { return await admission.devices.refuse(device, error, context) }
        let client: Client
        do {
            client = try await admission.clients.client(
                continuingAuthorization: pending.request.clientID,
                context: context
            )
        } catch {
            return browser.refusals.page(error)
        }
        // D-89: the client may have withdrawn the address since the login began.
        guard pending.request.canBeAnswered(to: client) else {
            return browser.refusals.page(AuthorizationPageError(.unregisteredRedirectURI))
        }
        return browser.refusals.redirect(
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
