import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import SocketHTTP
import UpstreamIdentity

/// OpenID Connect Core 1.0 §3.1 as relying party of our own pages: identifies the user, and connects providers.
///
/// Everything about a login in progress is sealed in this browser's cookie. Pages that anyone can open therefore cost
/// no memory, and a callback in another browser finds nothing (D-51, D-60).
package struct PageLoginFlow: CallbackFlow {
    let legs: ProviderLegs
    let vault: any VaultStore
    let sessions: any LoginStore
    let sealing: PageSealing
    let browser: BrowserGround
    let instruments: Instruments

    // MARK: - To the provider

    /// Sends the browser to a provider; a source that begins too many logins gets a page that explains it (D-80).
    ///
    /// Nothing is stored here, but the callback records each used state, and sends our client's credentials to the
    /// provider: without a limit one source could fill that table, or use up the provider's allowance.
    ///
    /// - Throws: The obstacle: the provider is unreachable, or sealing fails.
    func begin(
        _ purpose: PageLogin.Purpose,
        at provider: UpstreamProvider,
        request: Request,
        context: RequestContext
    ) async throws(OAuthError) -> Response {
        if let refusal = await browser.limit.refusal(context) { return refusal }
        let state = UpstreamState(random: browser.random)
        let login = PageLogin(
            state: state.hash,
            upstream: provider.name,
            verifier: CodeVerifier(random: browser.random),
            nonce: provider.usesNonce ? Base64URL.encode(browser.random.bytes(32)) : nil,
            purpose: purpose,
            expiry: context.now + PendingAuthorization.lifetime
        )
        var authorization = UpstreamAuthorizationRequest(
            state: state,
            challenge: CodeChallenge(verifier: login.verifier),
            nonce: login.nonce
        )
        if case .connect(let link) = purpose { authorization.additionalScopes = link.scopes.tokens }
        let location: String
        do {
            location = try await provider.authorizationURL(authorization)
        } catch {
            throw legs.failures.report(LegFailure(error), at: provider.name, context: context)
        }
        var writer = BinaryWriter(reserving: 512)
        login.write(to: &writer)
        let sealed = try sealing.seal(writer.bytes, for: .login)
        var response = Response.redirect(to: location, after: request.method)
        response.setCookies(
            browser.cookies.settingPageLogin(
                sealed,
                state: state.hash,
                lifetime: PendingAuthorization.lifetime,
                after: request
            )
        )
        return response
    }

    // MARK: - And back

    func take(
        _ answer: UpstreamCallback,
        at provider: UpstreamProvider,
        _ request: Request,
        _ context: RequestContext
    ) async -> CallbackAnswers.Outcome? {
        // A login that one of our pages started is sealed in this browser's cookie, bound to this very state.
        guard let login = pending(request, state: answer.state.hash) else { return nil }
        let response = await finish(login, answer, at: provider, request: request, context: context)
        return .init(response: response, isFinal: true)
    }

    /// The login in progress that this browser has for a state.
    private func pending(_ request: Request, state: SHA256Digest) -> PageLogin? {
        guard let text = browser.cookies.pageLogin(request, state: state), let bytes = sealing.open(text, for: .login)
        else {
            return nil
        }
        var reader = BinaryReader(bytes)
        // Sealed by us: only another version's form is unreadable, and such a login is ignored.
        guard let login = try? PageLogin(from: &reader), reader.isAtEnd else { return nil }
        return constantTimeEqual(login.state.bytes, state.bytes) ? login : nil
    }

    /// Takes the provider's answer to such a login.
    private func finish(
        _ login: PageLogin,
        _ answer: UpstreamCallback,
        at provider: UpstreamProvider,
        request: Request,
        context: RequestContext
    ) async -> Response {
        var response = await finished(login, answer, provider, request, context)
        if let sealed = browser.cookies.pageLogin(request, state: login.state) {
            response.setCookies([browser.cookies.keepingPageLogin(sealed, state: login.state)])
        }
        return response
    }

    private func finished(
        _ login: PageLogin,
        _ answer: UpstreamCallback,
        _ provider: UpstreamProvider,
        _ request: Request,
        _ context: RequestContext
    ) async -> Response {
        guard login.upstream.hasSameBytes(as: provider.name) else {
            return browser.pages.error(.badCallback, status: .badRequest)
        }
        guard context.now < login.expiry else { return browser.pages.error(.expired, status: .badRequest) }
        // CO-3: the state is used once, although nothing was stored for it.
        do throws(StoreError) {
            let use = try await sessions.consumeOnce(
                login.useID,
                until: login.expiry,
                from: context.network,
                now: context.now
            )
            switch try await use.outcome {
            case .consumed: break
            case .alreadyUsed: return browser.pages.error(.expired, status: .badRequest)
            case .full: return browser.pages.error(.overloaded, status: .serviceUnavailable)
            }
        } catch {
            return browser.pages.error(.overloaded, status: .serviceUnavailable)
        }
        let result: UpstreamLogin
        do throws(UpstreamError) {
            result = try await answer.redeem(
                at: provider,
                verifier: login.verifier,
                nonce: login.nonce,
                requestedScopes: requestedScopes(login, provider)
            )
            try legs.checkAccess(result, at: provider)
        } catch {
            return failed(LegFailure(error), provider, context)
        }
        do throws(OAuthError) {
            instruments.metrics.upstreamLogin(provider.name, result: "success")
            switch login.purpose {
            case .connectionsPage:
                return try await signIn(result, provider, returningTo: ConnectionsPage.path, request, context)
            case .connectLink(let text):
                return try await signIn(result, provider, returningTo: ConnectLink.path + "/" + text, request, context)
            case .connect(let link):
                return try await connect(result, provider, link, request, context)
            }
        } catch {
            return failed(LegFailure(error), provider, context)
        }
    }

    private func failed(_ failure: LegFailure, _ provider: UpstreamProvider, _ context: RequestContext) -> Response {
        let error = legs.failures.report(failure, at: provider.name, context: context)
        instruments.metrics.upstreamLogin(provider.name, result: error.code.wireValue)
        return browser.pages.notice(.upstreamFailed(provider.name, error), status: error.pageStatus)
    }

    private func requestedScopes(_ login: PageLogin, _ provider: UpstreamProvider) -> ScopeSet {
        guard case .connect(let link) = login.purpose else { return provider.requestedScopes }
        return provider.requestedScopes.union(link.scopes)
    }

    // Viewing the connections creates neither a user nor a connection. But the new tokens of an account that is
    // connected already replace the older ones, because a provider may have ended those (VT-4, VR-1).
    private func signIn(
        _ result: UpstreamLogin,
        _ provider: UpstreamProvider,
        returningTo path: String,
        _ request: Request,
        _ context: RequestContext
    ) async throws(OAuthError) -> Response {
        guard let subject = result.identifiedSubject else {
            return browser.pages.notice(.unknownUser(provider.name), status: .forbidden)
        }
        let identity = try await OAuthError.attempt(await legs.keeper.identity(of: subject, at: provider))
        guard let userID = try await OAuthError.attempt(await vault.userID(of: identity)) else {
            return browser.pages.notice(.unknownUser(provider.name), status: .forbidden)
        }
        if let blocks = legs.blocks, try await OAuthError.attempt(await blocks.isBlocked(.user(userID))) {
            return browser.pages.notice(.unknownUser(provider.name), status: .forbidden)
        }
        let isConnected = try await OAuthError.attempt(await vault.connections(of: userID)).contains {
            $0.upstream == provider.name && $0.account.hasSameBytes(as: subject)
        }
        if isConnected {
            _ = try await legs.keeper.keep(result, of: provider, for: userID, context: context)
        }
        var response = Response.redirect(to: browser.issuer.url(path), after: request.method)
        response.setCookies([try await browser.logins.cookie(for: userID, now: context.now)])
        return response
    }

    private func connect(
        _ result: UpstreamLogin,
        _ provider: UpstreamProvider,
        _ link: ConnectLink,
        _ request: Request,
        _ context: RequestContext
    ) async throws(OAuthError) -> Response {
        if let refusal = try await objection(result, provider, link, request, context) {
            instruments.audit.record(
                .connected(
                    link.userID,
                    upstream: provider.name,
                    account: result.account(of: link.userID),
                    result: refusal.reason
                ),
                context: context
            )
            return browser.pages.notice(refusal.page, status: .forbidden)
        }
        let kept = try await legs.keeper.keep(result, of: provider, for: link.userID, context: context)
        instruments.audit.record(
            .connected(link.userID, upstream: provider.name, account: kept.account, result: "success"),
            context: context
        )
        return browser.pages.notice(.connected(kept), status: .ok)
    }

    // D-60, D-62: regardless of who started it, the browser's user must be the link's, and the account must not be
    // another user's.
    private func objection(
        _ result: UpstreamLogin,
        _ provider: UpstreamProvider,
        _ link: ConnectLink,
        _ request: Request,
        _ context: RequestContext
    ) async throws(OAuthError) -> (reason: String, page: NoticePage)? {
        let visitor = try await OAuthError.attempt(await browser.logins.visitor(request, now: context.now))
        guard visitor?.user.id == link.userID else {
            return ("another_user", .anotherUser)
        }
        if try await legs.keeper.belongsToAnother(result.account(of: link.userID), at: provider, than: link.userID) {
            return ("account_of_another_user", .accountOfAnotherUser(provider.name))
        }
        if let account = link.account, !account.hasSameBytes(as: result.account(of: link.userID)) {
            return ("another_account", .anotherAccount(provider.name))
        }
        return nil
    }
}

extension Response {
    /// Adds Set-Cookie fields.
    mutating func setCookies(_ values: [String]) {
        for value in values { headerFields.append(HTTPField(name: .setCookie, value: value)) }
    }
}

extension OAuthError {
    /// The status of a page that explains the error to a person.
    var pageStatus: HTTPResponse.Status {
        switch code {
        case .temporarilyUnavailable: .serviceUnavailable
        case .accessDenied: .forbidden
        default: .badGateway
        }
    }
}
