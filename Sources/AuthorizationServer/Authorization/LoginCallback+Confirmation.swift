import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import SocketHTTP
import UpstreamIdentity

/// A further leg that brought an account which the user has not connected before: the user sees it and decides (D-60).
extension LoginCallback {
    /// Shows the account and asks; the login waits in the table of logins, bound to this browser as before.
    func ask(
        _ userID: UserID,
        _ login: UpstreamLogin,
        _ pending: PendingAuthorization,
        _ provider: UpstreamProvider,
        _ context: RequestContext
    ) async throws(OAuthError) -> Response {
        var claims = pending.claims
        legs.claimMappings[provider.name]?.add(login.claims, to: &claims)
        let (state, binding) = (UpstreamState(random: browser.random), BrowserBinding(random: browser.random))
        var waiting = pending
        waiting.unconfirmed = UnconfirmedLeg(
            draft: try legs.keeper.draft(login, of: provider, ownedBy: userID, pending.sessionID),
            claims: claims
        )
        waiting.binding = binding.hash
        waiting.expiry = context.now + PendingAuthorization.lifetime
        waiting.source = context.network
        let admission = try await OAuthError.attempt(
            await sessions.begin(waiting, state: state.hash, now: context.now).outcome
        )
        try admission.check()
        var response = browser.pages.confirmLeg(
            LegPage(
                upstream: provider.name,
                account: login.accountName ?? login.subject,
                userName: try await legs.keeper.name(of: userID),
                isShared: try await legs.keeper.isConnectedByAnother(
                    login.account(of: userID),
                    at: provider,
                    than: userID
                ),
                state: state.wireValue
            )
        )
        response.setCookies([
            browser.cookies.settingFlowBinding(binding, state: state.hash, lifetime: PendingAuthorization.lifetime)
        ])
        return response
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
    func decide(_ request: Request, _ context: RequestContext) async -> Response {
        guard FormOrigin.isOurs(request, issuer: browser.issuer) else {
            return await refuse("", reason: "foreign_form", .foreignForm, .forbidden, context)
        }
        // Whatever is wrong with the form, it is not the one of our page.
        guard let form = try? FormBody.parse(request), let text = try? form.required("leg"),
            let name = try? form.required("upstream"), let decision = try? form.required("decision"),
            ["connect", "deny"].contains(decision), let provider = legs.upstreams[name]
        else { return await refuse("", reason: "bad_form", .badForm, .badRequest, context) }
        let state = UpstreamState(wireValue: text).hash
        let outcome: PendingOutcome
        do throws(StoreError) {
            outcome = try await sessions.takePending(
                state: state,
                upstream: name,
                binding: browser.cookies.flowBinding(request, state: state)?.hash,
                now: context.now
            ).outcome
        } catch {
            return await refuse(name, reason: "overloaded", .overloaded, .serviceUnavailable, context)
        }
        switch outcome {
        case .taken(let pending):
            guard let leg = pending.unconfirmed else {
                await sessions.abandon(pending.sessionID)
                return await refuse(name, reason: "bad_form", .badForm, .badRequest, context)
            }
            var response = await proceed(pending, leg, provider, isApproved: decision == "connect", request, context)
            response.setCookies([browser.cookies.removingFlowBinding(state: state)])
            return response
        case .unknown: return await refuse(name, reason: "expired", .expired, .badRequest, context)
        case .full: return await refuse(name, reason: "full", .overloaded, .serviceUnavailable, context)
        case .wrongUpstream: return await refuse(name, reason: "bad_form", .badForm, .badRequest, context)
        case .wrongBrowser: return await refuse(name, reason: "wrong_browser", .wrongBrowser, .forbidden, context)
        }
    }

    private func proceed(
        _ pending: PendingAuthorization,
        _ leg: UnconfirmedLeg,
        _ provider: UpstreamProvider,
        isApproved: Bool,
        _ request: Request,
        _ context: RequestContext
    ) async -> Response {
        var progress = LoginProgress(pending)
        do throws(OAuthError) {
            do throws(OAuthError) {
                guard isApproved else {
                    instruments.audit.record(connected(leg, result: "denied"), context: context)
                    throw OAuthError(.accessDenied, "the user did not connect the account at \(provider.name)")
                }
                try await checkOwner(leg.draft.account, leg.draft.userID, provider, context)
                let kept = try await legs.keeper.store(leg.draft, context)
                progress.connections.append(kept.id)
                progress.claims = leg.claims
                instruments.audit.record(connected(leg, result: "success"), context: context)
            } catch {
                // The provider has not failed when the user says no.
                let error =
                    isApproved ? legs.failures.report(LegFailure(error), at: provider.name, context: context) : error
                guard legs.upstreams.isOptional(provider.name, for: pending.request.resource) else { throw error }
                progress.lastError = error
            }
            return try await login.advance(progress, request: request, context: context)
        } catch {
            await sessions.abandon(pending.sessionID)
            return await refusal(error, pending, request, context)
        }
    }

    private func connected(_ leg: UnconfirmedLeg, result: String) -> AuditEvent {
        .connected(leg.draft.userID, upstream: leg.draft.upstream, account: leg.draft.account, result: result)
    }
}
