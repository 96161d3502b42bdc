import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import SocketHTTP
import UpstreamIdentity

/// The progress of a login: the results of completed legs, and the providers still to visit.
package struct LoginProgress: Sendable {
    var request: AuthorizationRequest
    var sessionID: SessionID
    var remainingUpstreams: [String]
    var userID: UserID?
    var connections: [ConnectionID] = []
    /// When the user logged in at the provider that identified the user, if it states it.
    var authenticatedAt: Timestamp?
    var expectedUserID: UserID?
    /// Why an optional provider failed: the client's error if no other provider identifies the user.
    var lastError: OAuthError?
    var claims: JSONObject = [:]

    /// RFC 9068 §2.2.1: the authentication claims of the provider that identifies the user go into our tokens (JW-1).
    ///
    /// Another provider's claims are about another account. Unknown values are left out: a resource server that
    /// requires a recent login must not be given a guess.
    mutating func noteAuthentication(_ authentication: UpstreamAuthentication) {
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

/// OpenID Connect Core 1.0 §3.1 as relying party: leads the browser through the providers that a resource needs, one
/// after the other under one `tsid`, and ends with a code for the client.
///
/// Every leg has its own state, verifier, nonce, cookie and callback path (UP-1); an optional one may fail.
package struct LoginFlow: Sendable {
    let legs: ProviderLegs
    let sessions: any AuthorizationStore
    let vault: any VaultStore
    let admission: AccountAdmission
    let completion: LoginCompletion
    let browser: BrowserGround

    /// The consent page's information about the providers that a login for the resource visits (CO-1).
    func describe(_ resource: ProtectedResource) -> [ConsentPage.Upstream] {
        (legs.upstreams.loginChain(for: resource) + legs.upstreams.onDemand(for: resource)).compactMap { name in
            guard let provider = legs.upstreams[name] else { return nil }
            return ConsentPage.Upstream(
                name: provider.name,
                scopes: provider.requestedScopes.tokens,
                need: legs.upstreams.need(of: name, for: resource)
            )
        }
    }

    /// The providers that a login for this resource visits only if the user agrees.
    func optionalUpstreams(for resource: String) -> Set<String> {
        Set(legs.upstreams.names.filter { legs.upstreams.isOptional($0, for: resource) })
    }

    /// OpenID Connect Core 1.0 §3.1.2.1: with `max_age` a provider that may identify the user must be able to state
    /// when the user logged in (OP-5); checked before consent is asked for.
    ///
    /// - Throws: `login_required`.
    func checkLoginTime(_ authorization: AuthorizationRequest, resource: ProtectedResource) throws(OAuthError) {
        guard authorization.maximumAgeSeconds != nil else { return }
        let chain = legs.upstreams.loginChain(for: resource)
        // Providers after a required one never identify the user.
        let required = chain.firstIndex { legs.upstreams.need(of: $0, for: resource) == .required }
        let candidates = chain.prefix(required.map { $0 + 1 } ?? chain.count).compactMap { legs.upstreams[$0] }
        guard candidates.isEmpty || candidates.contains(where: \.provesLoginTime) else { throw Self.loginTimeUnknown }
    }

    private static let loginTimeUnknown = OAuthError(
        .loginRequired,
        "the identity provider does not state when the user logged in"
    )
    private static let userUnknown = OAuthError(.serverError, "no identity provider could tell who the user is")

    /// Starts the first leg of an approved request.
    func begin(
        _ authorization: AuthorizationRequest,
        resource: ProtectedResource,
        expectedUserID: UserID?,
        request: Request,
        context: RequestContext
    ) async throws(OAuthError) -> Response {
        let progress = LoginProgress(
            request: authorization,
            sessionID: SessionID(random: browser.random),
            remainingUpstreams: legs.upstreams.loginChain(for: resource, without: authorization.declinedUpstreams),
            expectedUserID: expectedUserID
        )
        return try await advance(progress, request: request, context: context)
    }

    /// Goes to the next provider that is needed, or ends the login.
    func advance(
        _ progress: LoginProgress,
        request: Request,
        context: RequestContext
    ) async throws(OAuthError) -> Response {
        if let userID = progress.userID, let blocks = legs.blocks,
            try await OAuthError.attempt(await blocks.isBlocked(.user(userID)))
        {
            throw OAuthError(.accessDenied, "this account is blocked here")
        }
        var progress = progress
        while !progress.remainingUpstreams.isEmpty {
            let name = progress.remainingUpstreams.removeFirst()
            guard let provider = legs.upstreams[name] else { continue }
            if let usable = try await usableConnection(progress, provider, now: context.now) {
                progress.connections.append(usable)
                continue
            }
            guard progress.userID != nil || provider.identifiesUsers else {
                // Why the user is unknown is the failure before this one, which is on record.
                let error = progress.lastError ?? Self.userUnknown
                guard legs.upstreams.isOptional(name, for: progress.request.resource) else { throw error }
                progress.lastError = error
                continue
            }
            do throws(LegFailure) {
                return try await startLeg(provider, progress, request, context)
            } catch {
                let error = legs.failures.report(error, at: name, context: context)
                // After a failure of an optional provider the login continues; the session lacks this provider.
                guard legs.upstreams.isOptional(name, for: progress.request.resource) else { throw error }
                progress.lastError = error
            }
        }
        guard progress.userID != nil else {
            throw progress.lastError
                ?? OAuthError(.serverError, "no identity provider is configured for this resource")
        }
        return try await completion.complete(progress, request: request, context: context)
    }

    // A further provider is not asked again while its tokens suffice: they were issued to our current client, with
    // every requested scope, and for an account that is still accepted. A missing scope that a login skipped could
    // never be added by logging in again.
    private func usableConnection(
        _ progress: LoginProgress,
        _ provider: UpstreamProvider,
        now: Timestamp
    ) async throws(OAuthError) -> ConnectionID? {
        guard let userID = progress.userID, progress.request.prompts.isDisjoint(with: ["login", "select_account"]),
            progress.request.maximumAgeSeconds == nil
        else { return nil }
        let connection = try await OAuthError.attempt(
            await vault.credential(for: userID, upstream: provider.name, preferred: [], account: nil)
        )
        guard let connection, connection.isUsable(now: now),
            let clientID = provider.clientID, connection.upstreamClientID.hasSameBytes(as: clientID),
            provider.missingScopes(provider.requestedScopes, granted: connection.scopes).isEmpty,
            admission.admits(connection, at: provider)
        else { return nil }
        return connection.id
    }

    private func startLeg(
        _ provider: UpstreamProvider,
        _ progress: LoginProgress,
        _ request: Request,
        _ context: RequestContext
    ) async throws(LegFailure) -> Response {
        // A provider that is only connected need not state anything about the login: the user is known by then.
        guard progress.userID != nil || progress.request.maximumAgeSeconds == nil || provider.provesLoginTime else {
            throw LegFailure(Self.loginTimeUnknown)
        }
        let state = UpstreamState(random: browser.random)
        let binding = BrowserBinding(random: browser.random)
        let verifier = CodeVerifier(random: browser.random)
        let nonce = provider.usesNonce ? Base64URL.encode(browser.random.bytes(32)) : nil
        let location: String
        do {
            location = try await provider.authorizationURL(
                UpstreamAuthorizationRequest(
                    state: state,
                    challenge: CodeChallenge(verifier: verifier),
                    nonce: nonce,
                    loginHint: progress.request.loginHint,
                    prompts: progress.request.prompts.intersection(["login", "select_account"]),
                    maximumAgeSeconds: progress.request.maximumAgeSeconds,
                    authenticationContexts: progress.request.authenticationContexts
                )
            )
        } catch {
            throw LegFailure(error)
        }
        let pending = PendingAuthorization(
            request: progress.request,
            sessionID: progress.sessionID,
            upstream: provider.name,
            remainingUpstreams: progress.remainingUpstreams,
            verifier: verifier,
            nonce: nonce,
            binding: binding.hash,
            userID: progress.userID,
            connections: progress.connections,
            authenticatedAt: progress.authenticatedAt,
            expectedUserID: progress.expectedUserID,
            claims: progress.claims,
            expiry: context.now + PendingAuthorization.lifetime,
            source: context.network
        )
        do throws(OAuthError) {
            let admission = try await OAuthError.attempt(
                await sessions.begin(pending, state: state.hash, now: context.now).outcome
            )
            try admission.check()
        } catch {
            throw LegFailure(error)
        }
        var response = Response.redirect(to: location, after: request.method)
        for cookie in browser.cookies.removingSurplusFlows(request) {
            response.headerFields.append(HTTPField(name: .setCookie, value: cookie))
        }
        let cookie = browser.cookies.settingFlowBinding(
            binding,
            state: state.hash,
            lifetime: PendingAuthorization.lifetime
        )
        response.headerFields.append(HTTPField(name: .setCookie, value: cookie))
        return response
    }
}

extension Connection {
    /// Whether the connection yields tokens without its user: valid now, or refreshable.
    func isUsable(now: Timestamp) -> Bool {
        guard status == .active || status == .expiring else { return false }
        return tokens.refreshToken != nil || (accessTokenExpiry.map { now < $0 } ?? true)
    }
}
