import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import SocketHTTP
import UpstreamIdentity

/// OpenID Connect Core 1.0 §3.1.2.5 as relying party: a provider's answer to a leg.
///
/// Browser and provider are checked before the leg is taken (D-51, D-53, D-65).
extension LoginFlow {
    /// Takes the leg that waits for an answer, and continues its login.
    func take(
        _ answer: UpstreamCallback,
        at provider: UpstreamProvider,
        _ request: Request,
        _ context: RequestContext
    ) async -> LegOutcome {
        let state = answer.state.hash
        // A leg of one of our own pages is sealed in this browser's cookie, bound to this very state.
        if let page = pending.pageLogin(request, state: state) {
            let step = await finish(page, answer, provider, request, context)
            return .taken(step, cookies: pending.keepingCookies(request, state: state, of: .page(page.purpose)))
        }
        let outcome: PendingOutcome
        do throws(StoreError) {
            outcome = try await pending.take(state: state, upstream: provider.name, request, context)
        } catch {
            return .refused(refuse(provider.name, reason: "overloaded", .overloaded, .serviceUnavailable, context))
        }
        guard case .taken(let taken) = outcome else {
            let hasCookie = browser.cookies.flowBinding(request, state: state) != nil
            return .refused(refusal(of: outcome, hasCookie: hasCookie, provider.name, context))
        }
        guard case .atProvider(let leg) = taken.leg else {
            // The provider has answered already; what is missing is the user's word.
            await pending.abandon(taken.login)
            return .taken(.show(refuse(provider.name, reason: "unconfirmed", .badCallback, .badRequest, context)))
        }
        let step = await resume(taken.login, leg, answer, provider, request, context)
        return .taken(step, cookies: pending.keepingCookies(request, state: state, of: .client(taken.login)))
    }

    private func refusal(
        of outcome: PendingOutcome,
        hasCookie: Bool,
        _ name: String,
        _ context: RequestContext
    ) -> Response {
        switch outcome {
        case .taken, .unknown:
            // Without the cookie, a guessed state gets the same answer as a real one, so that it cannot be found out
            // which are real (D-52, D-53).
            guard hasCookie else {
                return refuse(name, reason: "unknown_state", .wrongBrowser, .forbidden, context)
            }
            return refuse(name, reason: "expired", .expired, .badRequest, context)
        case .full: return refuse(name, reason: "full", .overloaded, .serviceUnavailable, context)
        case .wrongUpstream: return refuse(name, reason: "wrong_upstream", .badCallback, .badRequest, context)
        case .wrongBrowser: return refuse(name, reason: "wrong_browser", .wrongBrowser, .forbidden, context)
        }
    }

    /// The page for a browser whose answer or decision belongs to no leg that it may continue.
    func refuse(
        _ upstream: String,
        reason: String,
        _ page: ErrorPage,
        _ status: HTTPResponse.Status,
        _ context: RequestContext
    ) -> Response {
        instruments.metrics.authorization(result: "callback_refused")
        instruments.audit.record(.callbackRefused(upstream, reason: reason), context: context)
        // Without the cookie, a real and a guessed state have the same page, which therefore has no reference.
        let hasReference = reason != "unknown_state" && reason != "wrong_browser"
        return browser.pages.error(page, status: status, hasReference: hasReference)
    }

    // MARK: - A client's login

    private func resume(
        _ login: Login,
        _ leg: LoginLeg,
        _ answer: UpstreamCallback,
        _ provider: UpstreamProvider,
        _ request: Request,
        _ context: RequestContext
    ) async -> LoginStep {
        var login = login
        do throws(LegFailure) {
            let result = try await redeem(leg, for: .client(login), answer, at: provider)
            if let question = try await question(result, login, provider, context) {
                instruments.metrics.upstreamLogin(provider.name, result: "success")
                return question
            }
            let kept = try await keep(result, login, provider, context)
            legs.claimMappings[provider.name]?.add(result.claims, to: &login.claims)
            if login.userID == nil {
                login.noteAuthentication(result.authentication)
                login.withheldScopes = try await withheldScopes(result, provider, login)
            }
            login.userID = kept.userID
            login.connections.append(kept.id)
            instruments.metrics.upstreamLogin(provider.name, result: "success")
        } catch {
            let error = legs.failures.report(error, at: provider.name, context: context)
            instruments.metrics.upstreamLogin(provider.name, result: error.code.wireValue)
            return await goOn(login, without: provider, error, request, context)
        }
        return await advance(login, request, context)
    }

    private func withheldScopes(
        _ result: UpstreamLogin,
        _ provider: UpstreamProvider,
        _ login: Login
    ) async throws(LegFailure) -> ScopeSet {
        do throws(UpstreamError) {
            return try await legs.withheldScopes(result, at: provider, for: login.request)
        } catch {
            throw LegFailure(error)
        }
    }

    /// Continues a login that lacks a provider, if that one is optional.
    func goOn(
        _ login: Login,
        without provider: UpstreamProvider,
        _ error: OAuthError,
        _ request: Request,
        _ context: RequestContext
    ) async -> LoginStep {
        guard legs.upstreams.isOptional(provider.name, for: login.request.resource) else {
            return await refusal(error, login)
        }
        return await advance(login, after: error, request, context)
    }

    /// Exchanges the answer's code for tokens and identifies their user.
    func redeem(
        _ leg: LoginLeg,
        for purpose: LoginPurpose,
        _ answer: UpstreamCallback,
        at provider: UpstreamProvider
    ) async throws(LegFailure) -> UpstreamLogin {
        do throws(UpstreamError) {
            let result = try await answer.redeem(at: provider, leg, for: purpose)
            try await legs.checkAccess(result, at: provider, identifying: purpose.unidentifiedRequest)
            return result
        } catch {
            throw LegFailure(error)
        }
    }

    // D-60: the question about an account which the user has not connected before; `nil` for any other login.
    private func question(
        _ result: UpstreamLogin,
        _ login: Login,
        _ provider: UpstreamProvider,
        _ context: RequestContext
    ) async throws(LegFailure) -> LoginStep? {
        do throws(OAuthError) {
            guard let userID = login.userID, try await !legs.keeper.isKnown(result, at: provider, to: userID) else {
                return nil
            }
            try await checkOwner(result.account(of: userID), userID, provider, context)
            return try await ask(userID, result, login, provider, context)
        } catch {
            throw LegFailure(error)
        }
    }

    private func keep(
        _ result: UpstreamLogin,
        _ login: Login,
        _ provider: UpstreamProvider,
        _ context: RequestContext
    ) async throws(LegFailure) -> Connection {
        do {
            return try await legs.keeper.keep(
                result,
                of: provider,
                for: login.userID,
                sessionID: login.sessionID,
                context: context
            )
        } catch {
            throw LegFailure(error)
        }
    }
}

extension Login {
    /// RFC 9068 §2.2.1: the authentication claims of the provider that identifies the user go into our tokens (JW-1).
    ///
    /// Another provider's claims are about another account. Unknown values are left out: a resource server that
    /// requires a recent login must not be given a guess.
    fileprivate mutating func noteAuthentication(_ authentication: UpstreamAuthentication) {
        authenticatedAt = authentication.authenticatedAt
        // Claims that the operator maps to these names take precedence.
        if let contextClass = authentication.contextClass, claims["acr"] == nil {
            claims["acr"] = .string(contextClass)
        }
        if !authentication.methods.isEmpty, claims["amr"] == nil {
            claims["amr"] = .array(authentication.methods.map(JSONValue.string))
        }
    }
}

extension LoginPurpose {
    /// The request whose user the next provider identifies.
    fileprivate var unidentifiedRequest: AuthorizationRequest? {
        guard case .client(let login) = self, login.userID == nil else { return nil }
        return login.request
    }
}
