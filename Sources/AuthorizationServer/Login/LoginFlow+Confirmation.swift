import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import SocketHTTP
import UpstreamIdentity

/// A further leg that brought an account which the user has not connected before: the user sees it and decides (D-60).
extension LoginFlow {
    /// Asks about the account; the login waits in the table of logins, bound to this browser as before.
    func ask(
        _ userID: UserID,
        _ result: UpstreamLogin,
        _ login: Login,
        _ provider: UpstreamProvider,
        _ context: RequestContext
    ) async throws(OAuthError) -> LoginStep {
        var claims = login.claims
        legs.claimMappings[provider.name]?.add(result.claims, to: &claims)
        let leg = UnconfirmedLeg(
            draft: try legs.keeper.draft(result, of: provider, ownedBy: userID, login.sessionID),
            claims: claims
        )
        let state = UpstreamState(random: browser.random)
        let cookie = try await pending.keep(login, .unconfirmed(leg), state: state.hash, context)
        let page = LegConfirmationPage(
            upstream: provider.name,
            account: result.accountName ?? result.subject,
            userName: try await legs.keeper.name(of: userID),
            isShared: try await legs.keeper.isConnectedByAnother(
                result.account(of: userID),
                at: provider,
                than: userID
            ),
            state: state.wireValue
        )
        return .confirm(page, cookie: cookie)
    }

    /// S-21: refuses an account with which another user logs in (D-62).
    ///
    /// An attacker who makes a browser log in at the first provider as the attacker must not get the account that its
    /// user has at the second. An account that another user has only connected may be shared: the page says so and
    /// asks.
    func checkOwner(
        _ account: String,
        _ userID: UserID,
        _ provider: UpstreamProvider,
        _ context: RequestContext
    ) async throws(OAuthError) {
        guard try await legs.keeper.identifiesAnother(account, at: provider, than: userID) else { return }
        instruments.audit.record(
            .connected(userID, upstream: provider.name, account: account, result: "account_of_another_user"),
            context: context
        )
        throw OAuthError(.accessDenied, "the account at \(provider.name) is another user's")
    }

    /// Takes the user's decision, in the browser that was asked.
    func decide(_ request: Request, _ context: RequestContext) async -> LegOutcome {
        guard FormOrigin.isOurs(request, issuer: browser.issuer) else {
            return .refused(refuse("", reason: "foreign_form", .foreignForm, .forbidden, context))
        }
        // Whatever is wrong with the form, it is not the one of our page.
        guard let form = try? FormBody.parse(request), let text = try? form.required("leg"),
            let name = try? form.required("upstream"), let decision = try? form.required("decision"),
            ["connect", "deny"].contains(decision), let provider = legs.upstreams[name]
        else { return .refused(refuse("", reason: "bad_form", .badForm, .badRequest, context)) }
        let state = UpstreamState(wireValue: text).hash
        let outcome: PendingOutcome
        do throws(StoreError) {
            outcome = try await pending.take(state: state, upstream: name, request, context)
        } catch {
            return .refused(refuse(name, reason: "overloaded", .overloaded, .serviceUnavailable, context))
        }
        guard case .taken(let taken) = outcome else { return .refused(refusal(of: outcome, name, context)) }
        guard case .unconfirmed(let leg) = taken.leg else {
            await pending.abandon(taken.login)
            return .taken(.show(refuse(name, reason: "bad_form", .badForm, .badRequest, context)))
        }
        let isApproved = decision == "connect"
        let step = await resume(taken.login, leg, provider, isApproved: isApproved, request, context)
        return .taken(step, cookies: [browser.cookies.removingFlowBinding(state: state)])
    }

    private func refusal(of outcome: PendingOutcome, _ name: String, _ context: RequestContext) -> Response {
        switch outcome {
        case .taken, .unknown: refuse(name, reason: "expired", .expired, .badRequest, context)
        case .full: refuse(name, reason: "full", .overloaded, .serviceUnavailable, context)
        case .wrongUpstream: refuse(name, reason: "bad_form", .badForm, .badRequest, context)
        case .wrongBrowser: refuse(name, reason: "wrong_browser", .wrongBrowser, .forbidden, context)
        }
    }

    private func resume(
        _ login: Login,
        _ leg: UnconfirmedLeg,
        _ provider: UpstreamProvider,
        isApproved: Bool,
        _ request: Request,
        _ context: RequestContext
    ) async -> LoginStep {
        guard isApproved else {
            // The provider has not failed when the user says no.
            instruments.audit.record(connected(leg, result: "denied"), context: context)
            let error = OAuthError(.accessDenied, "the user did not connect the account at \(provider.name)")
            return await goOn(login, without: provider, error, request, context)
        }
        var login = login
        do throws(OAuthError) {
            try await checkOwner(leg.draft.account, leg.draft.userID, provider, context)
            login.connections.append(try await legs.keeper.store(leg.draft, context).id)
        } catch {
            let error = legs.failures.report(LegFailure(error), at: provider.name, context: context)
            return await goOn(login, without: provider, error, request, context)
        }
        login.claims = leg.claims
        instruments.audit.record(connected(leg, result: "success"), context: context)
        return await advance(login, request, context)
    }

    private func connected(_ leg: UnconfirmedLeg, result: String) -> AuditEvent {
        .connected(leg.draft.userID, upstream: leg.draft.upstream, account: leg.draft.account, result: result)
    }
}
