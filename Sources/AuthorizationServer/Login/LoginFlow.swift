import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import SocketHTTP
import UpstreamIdentity

/// OpenID Connect Core 1.0 §3.1 as relying party: leads a browser through the providers that a login needs, one after
/// the other.
///
/// A login for a client ends with a code; one of our own pages ends with a signed-in browser or a connection. The flow
/// decides and stores; it says what is next, and its endpoint does it.
///
/// Every leg has its own state, verifier, nonce, cookie and callback path (UP-1); an optional one may fail.
package struct LoginFlow: Sendable {
    let legs: ProviderLegs
    let pending: PendingLegs
    let vault: any VaultStore
    let consent: ConsentPolicy
    let browser: BrowserGround
    let instruments: Instruments

    // MARK: - Beginning

    /// Begins with a client's checked request: with the question for consent, or without one at the first provider.
    ///
    /// - Throws: What `prompt` or `max_age` asks for cannot be had.
    func start(
        _ question: ConsentQuestion,
        _ request: Request,
        _ context: RequestContext
    ) async throws(OAuthError) -> LoginStep {
        let authorization = question.request
        let decision = await consent.decision(
            for: authorization,
            client: question.client,
            request: request,
            now: context.now
        )
        switch decision {
        case .ask:
            // OpenID Connect Core 1.0 §3.1.2.1: with `none` no page may be shown (AZ-19).
            if authorization.prompts.contains("none") {
                throw OAuthError(.consentRequired, "the user must give consent")
            }
            try checkLoginTime(authorization, resource: question.resource)
            return .askConsent(question)
        case .notNeeded(let expectedUserID):
            if authorization.prompts.contains("none") {
                throw OAuthError(.loginRequired, "the user must log in")
            }
            // Without a page, every visit stores a login and is counted; with one, the approval is counted.
            if let refusal = await browser.limit.refusal(context) {
                instruments.metrics.authorization(result: "throttled")
                return .show(refusal)
            }
            return await begin(authorization, question.resource, expectedUserID: expectedUserID, request, context)
        }
    }

    /// OpenID Connect Core 1.0 §3.1.2.1: with `max_age` a provider that may identify the user must be able to state
    /// when the user logged in (OP-5); checked before consent is asked for.
    ///
    /// - Throws: `login_required`.
    private func checkLoginTime(
        _ authorization: AuthorizationRequest,
        resource: ProtectedResource
    ) throws(OAuthError) {
        guard authorization.maximumAgeSeconds != nil else { return }
        let chain = legs.upstreams.loginChain(for: resource)
        // Providers after a required one never identify the user.
        let required = chain.firstIndex { legs.upstreams.need(of: $0, for: resource) == .required }
        let candidates = chain.prefix(required.map { $0 + 1 } ?? chain.count).compactMap { legs.upstreams[$0] }
        guard candidates.isEmpty || candidates.contains(where: \.provesLoginTime) else { throw Self.loginTimeUnknown }
    }

    /// Begins the login of an approved request.
    func begin(
        _ authorization: AuthorizationRequest,
        _ resource: ProtectedResource,
        expectedUserID: UserID?,
        _ request: Request,
        _ context: RequestContext
    ) async -> LoginStep {
        let login = Login(
            request: authorization,
            sessionID: SessionID(random: browser.random),
            remainingUpstreams: legs.upstreams.loginChain(for: resource, without: authorization.declinedUpstreams),
            expectedUserID: expectedUserID
        )
        return await advance(login, request, context)
    }

    // MARK: - From leg to leg

    /// Goes to the next provider that a login needs, or to its end.
    ///
    /// An error is why the leg before failed, which was optional: the client's error if no other provider identifies
    /// the user.
    func advance(
        _ login: Login,
        after error: OAuthError? = nil,
        _ request: Request,
        _ context: RequestContext
    ) async -> LoginStep {
        do throws(OAuthError) {
            return try await next(login, error, request, context)
        } catch {
            return await refusal(error, login)
        }
    }

    private func next(
        _ login: Login,
        _ lastError: OAuthError?,
        _ request: Request,
        _ context: RequestContext
    ) async throws(OAuthError) -> LoginStep {
        if let userID = login.userID, let blocks = legs.blocks,
            try await OAuthError.attempt(await blocks.isBlocked(.user(userID)))
        {
            throw OAuthError(.accessDenied, "this account is blocked here")
        }
        var (login, lastError) = (login, lastError)
        while !login.remainingUpstreams.isEmpty {
            let name = login.remainingUpstreams.removeFirst()
            guard let provider = legs.upstreams[name] else { continue }
            if let usable = try await usableConnection(login, provider, now: context.now) {
                login.connections.append(usable)
                continue
            }
            guard login.userID != nil || provider.identifiesUsers else {
                // Why the user is unknown is the failure before this one, which is on record.
                let error = lastError ?? Self.userUnknown
                guard legs.upstreams.isOptional(name, for: login.request.resource) else { throw error }
                lastError = error
                continue
            }
            do throws(LegFailure) {
                // A provider that is only connected need not state anything about the login: the user is known by then.
                guard login.userID != nil || login.request.maximumAgeSeconds == nil || provider.provesLoginTime else {
                    throw LegFailure(Self.loginTimeUnknown)
                }
                return try await visit(provider, for: .client(login), request, context)
            } catch {
                let error = legs.failures.report(error, at: name, context: context)
                // After a failure of an optional provider the login continues; the session lacks this provider.
                guard legs.upstreams.isOptional(name, for: login.request.resource) else { throw error }
                lastError = error
            }
        }
        guard login.userID != nil else {
            throw lastError ?? OAuthError(.serverError, "no identity provider is configured for this resource")
        }
        return .answer(login)
    }

    /// The login yields nothing, and its client hears why.
    func refusal(_ error: OAuthError, _ login: Login) async -> LoginStep {
        await pending.abandon(login)
        return .refuse(error, login.request)
    }

    private static let loginTimeUnknown = OAuthError(
        .loginRequired,
        "the identity provider does not state when the user logged in"
    )
    private static let userUnknown = OAuthError(.serverError, "no identity provider could tell who the user is")

    // A further provider is not asked again while its tokens suffice: they were issued to our current client, with
    // every requested scope, and for an account that is still accepted. A missing scope that a login skipped could
    // never be added by logging in again.
    private func usableConnection(
        _ login: Login,
        _ provider: UpstreamProvider,
        now: Timestamp
    ) async throws(OAuthError) -> ConnectionID? {
        guard let userID = login.userID, login.request.prompts.isDisjoint(with: ["login", "select_account"]),
            login.request.maximumAgeSeconds == nil
        else { return nil }
        let connection = try await OAuthError.attempt(
            await vault.credential(for: userID, upstream: provider.name, preferred: [], account: nil)
        )
        guard let connection, connection.isUsable(now: now),
            let client = provider.knownClient, await legs.accounts.uses(connection, of: client, at: provider),
            provider.missingScopes(provider.requestedScopes, granted: connection.scopes).isEmpty,
            legs.accounts.admits(connection, at: provider), await legs.accounts.allowsWithoutVisit(connection)
        else { return nil }
        return connection.id
    }

    // MARK: - To a provider

    /// Sends the browser to a provider, whatever its purpose.
    ///
    /// - Throws: The provider is unreachable, or the leg cannot be kept until its answer.
    func visit(
        _ provider: UpstreamProvider,
        for purpose: LoginPurpose,
        _ request: Request,
        _ context: RequestContext
    ) async throws(LegFailure) -> LoginStep {
        let state = UpstreamState(random: browser.random)
        let leg = LoginLeg(
            upstream: provider.name,
            verifier: CodeVerifier(random: browser.random),
            nonce: provider.usesNonce ? Base64URL.encode(browser.random.bytes(32)) : nil
        )
        let location: String
        do {
            location = try await provider.authorizationURL(purpose.request(leg, state: state))
        } catch {
            throw LegFailure(error)
        }
        do throws(OAuthError) {
            let cookies = try await pending.keep(leg, for: purpose, state: state.hash, request, context)
            return .visit(location: location, cookies: cookies)
        } catch {
            throw LegFailure(error)
        }
    }
}

extension LoginPurpose {
    /// OpenID Connect Core 1.0 §3.1.2.1: what a provider is asked on behalf of this purpose.
    fileprivate func request(_ leg: LoginLeg, state: UpstreamState) -> UpstreamAuthorizationRequest {
        var request = UpstreamAuthorizationRequest(
            state: state,
            challenge: CodeChallenge(verifier: leg.verifier),
            nonce: leg.nonce
        )
        switch self {
        case .client(let login):
            request.loginHint = login.request.loginHint
            request.prompts = login.request.prompts.intersection(["login", "select_account"])
            request.maximumAgeSeconds = login.request.maximumAgeSeconds
            request.authenticationContexts = login.request.authenticationContexts
        case .page(.connect(let link)): request.additionalScopes = link.scopes.tokens
        case .page: break
        }
        return request
    }
}

extension Connection {
    /// Whether the connection yields tokens without its user: valid now, or refreshable.
    func isUsable(now: Timestamp) -> Bool {
        guard status == .active || status == .expiring else { return false }
        return tokens.refreshToken != nil || (accessTokenExpiry.map { now < $0 } ?? true)
    }
}
