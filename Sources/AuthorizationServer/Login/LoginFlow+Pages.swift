import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import SocketHTTP
import UpstreamIdentity

/// OpenID Connect Core 1.0 §3.1 as relying party of our own pages: identifies the user, and connects providers.
extension LoginFlow {
    /// Sends the browser to a provider; a source that begins too many logins gets a page that explains it (D-80).
    ///
    /// Nothing is stored here, but the callback records each used state, and sends our client's credentials to the
    /// provider: without a limit one source could fill that table, or use up the provider's allowance.
    ///
    /// - Throws: The obstacle: the provider is unreachable, or sealing fails.
    func begin(
        _ purpose: PageLogin.Purpose,
        at provider: UpstreamProvider,
        _ request: Request,
        _ context: RequestContext
    ) async throws(OAuthError) -> LoginStep {
        if let refusal = await browser.limit.refusal(context) { return .show(refusal) }
        do throws(LegFailure) {
            return try await visit(provider, for: .page(purpose), request, context)
        } catch {
            throw legs.failures.report(error, at: provider.name, context: context)
        }
    }

    /// Takes the provider's answer to such a login.
    func finish(
        _ login: PageLogin,
        _ answer: UpstreamCallback,
        _ provider: UpstreamProvider,
        _ request: Request,
        _ context: RequestContext
    ) async -> LoginStep {
        do throws(PendingLegs.Refusal) {
            try await pending.use(login, at: provider.name, context)
        } catch {
            switch error {
            case .page(let page, let status): return .show(browser.pages.error(page, status: status))
            }
        }
        do throws(LegFailure) {
            let result = try await redeem(login.leg, for: .page(login.purpose), answer, at: provider)
            instruments.metrics.upstreamLogin(provider.name, result: "success")
            do throws(OAuthError) {
                return try await end(login.purpose, result, provider, request, context)
            } catch {
                throw LegFailure(error)
            }
        } catch {
            return failed(error, provider, context)
        }
    }

    private func end(
        _ purpose: PageLogin.Purpose,
        _ result: UpstreamLogin,
        _ provider: UpstreamProvider,
        _ request: Request,
        _ context: RequestContext
    ) async throws(OAuthError) -> LoginStep {
        switch purpose {
        case .connectionsPage:
            return try await signIn(result, provider, returningTo: ConnectionsPage.path, context)
        case .connectLink(let text):
            return try await signIn(result, provider, returningTo: ConnectLink.path + "/" + text, context)
        case .connect(let link):
            return .show(try await connect(result, provider, link, request, context))
        }
    }

    private func failed(_ failure: LegFailure, _ provider: UpstreamProvider, _ context: RequestContext) -> LoginStep {
        let error = legs.failures.report(failure, at: provider.name, context: context)
        instruments.metrics.upstreamLogin(provider.name, result: error.code.wireValue)
        return .show(browser.pages.notice(.upstreamFailed(provider.name, error), status: error.pageStatus))
    }

    // Viewing the connections creates neither a user nor a connection. But the new tokens of an account that is
    // connected already replace the older ones, because a provider may have ended those (VT-4, VR-1).
    private func signIn(
        _ result: UpstreamLogin,
        _ provider: UpstreamProvider,
        returningTo path: String,
        _ context: RequestContext
    ) async throws(OAuthError) -> LoginStep {
        guard let subject = result.identifiedSubject else { return unknownUser(provider) }
        let identity = try await OAuthError.attempt(await legs.keeper.identity(of: subject, at: provider))
        guard let userID = try await OAuthError.attempt(await vault.userID(of: identity)) else {
            return unknownUser(provider)
        }
        if let blocks = legs.blocks, try await OAuthError.attempt(await blocks.isBlocked(.user(userID))) {
            return unknownUser(provider)
        }
        let isConnected = try await OAuthError.attempt(await vault.connections(of: userID)).contains {
            $0.upstream == provider.name && $0.account.hasSameBytes(as: subject)
        }
        if isConnected {
            _ = try await legs.keeper.keep(result, of: provider, for: userID, context: context)
        }
        return .signIn(cookie: try await browser.logins.cookie(for: userID, now: context.now), returningTo: path)
    }

    private func unknownUser(_ provider: UpstreamProvider) -> LoginStep {
        .show(browser.pages.notice(.unknownUser(provider.name), status: .forbidden))
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
