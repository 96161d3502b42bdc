import Logging
import OAuthProtocol
import OAuthState
import ServerConfiguration
import UpstreamIdentity

/// Yields the operator's own tokens (`type: client_credentials`, `type: github_installation`).
///
/// No user owns them, so the resource must list the upstream, the presented access token must have the upstream's
/// `required_scopes`, and the user must comply with its `allow`: all three at each retrieval.
package final class MachineCredentials: Sendable {
    /// What the configuration demands of callers.
    struct Settings: Sendable {
        let requiredScopes: [String: ScopeSet]

        init(_ configuration: Configuration) {
            requiredScopes = Dictionary(
                configuration.upstreams.map { ($0.name, ScopeSet($0.machine.requiredScopes)) },
                uniquingKeysWith: { first, _ in first }
            )
        }
    }

    private let sessions: any SessionStore
    private let accounts: AccountAdmission
    private let settings: Settings
    private let tokens: MachineTokens
    private let instruments: Instruments

    init(
        sessions: any SessionStore,
        accounts: AccountAdmission,
        settings: Settings,
        tokens: MachineTokens,
        instruments: Instruments
    ) {
        self.sessions = sessions
        self.accounts = accounts
        self.settings = settings
        self.tokens = tokens
        self.instruments = instruments
    }

    /// The operator's token, if the session may have it.
    func credential(
        _ query: UpstreamCredentials.Query,
        at provider: UpstreamProvider,
        context: RequestContext
    ) async throws(UpstreamCredentialError) -> UpstreamCredential {
        let now = context.now
        try await admit(query, at: provider)
        let held = tokens.token(for: provider.name, now: now)
        if let held, !held.isDue(query, provider, now: now) {
            return try answer(held, query, provider, wasRefreshed: false)
        }
        let obtained: ChainedToken
        do throws(UpstreamCredentialError) {
            obtained = try await tokens.obtained(for: provider.name, now: now) { [self] in
                do throws(UpstreamError) {
                    let token = ChainedToken(try await provider.machineToken())
                    instruments.metrics.upstreamRefresh(provider.name, result: "success")
                    return .success(token)
                } catch {
                    return .failure(failure(error, query, provider, context))
                }
            }
        } catch {
            guard let held, error.leavesToken else { throw error }
            return try answer(held, query, provider, wasRefreshed: false)
        }
        // VT-2: the session may have been ended while the provider was answering.
        let session = try await UpstreamCredentialError.attempt(await sessions.session(query.session.id, now: now))
        guard session != nil else { throw .sessionEnded }
        return try answer(obtained, query, provider, wasRefreshed: true)
    }

    /// Forgets the token that a resource server reports as refused (VR-12).
    func report(
        _ query: UpstreamCredentials.Query,
        fingerprint: String?,
        context: RequestContext
    ) async throws(UpstreamCredentialError) -> Bool? {
        guard let provider = accounts.upstreams[query.upstream], provider.machine != nil else { return nil }
        try await admit(query, at: provider)
        return try tokens.forget(provider.name, fingerprint: fingerprint, now: context.now)
    }

    private func admit(
        _ query: UpstreamCredentials.Query,
        at provider: UpstreamProvider
    ) async throws(UpstreamCredentialError) {
        // An agent has what it was given, which is its user's accounts.
        guard query.session.agent == nil else { throw Self.denied("agent", "agents get no token of this upstream") }
        let required = settings.requiredScopes[provider.name] ?? .empty
        guard required.filter({ !query.tokenScopes.contains($0) }).isEmpty else {
            throw Self.denied("scope_required", "the access token lacks a scope that this upstream requires")
        }
        let isAllowed: Bool
        do throws(OAuthError) {
            isAllowed = try await accounts.mayUse(provider.name, query.session)
        } catch {
            throw .refused(error)
        }
        guard isAllowed else { throw Self.denied("not_allowed", "this user may not use this upstream") }
        guard let account = query.account, let own = provider.machineAccount, !account.hasSameBytes(as: own) else {
            return
        }
        throw .refused(OAuthError(.invalidRequest, "this upstream has no account of that name"))
    }

    private static func denied(_ reason: String, _ text: String) -> UpstreamCredentialError {
        .refused(OAuthError(.accessDenied, text, details: ["reason": .string(reason)]))
    }

    private func answer(
        _ token: ChainedToken,
        _ query: UpstreamCredentials.Query,
        _ provider: UpstreamProvider,
        wasRefreshed: Bool
    ) throws(UpstreamCredentialError) -> UpstreamCredential {
        let shown = Connection(operators: token, of: provider, for: query.session.userID)
        guard provider.missingScopes(query.scopes, granted: shown.scopes).isEmpty else {
            throw .refused(OAuthError(.invalidScope, "the upstream does not grant these scopes"))
        }
        return UpstreamCredential(
            accessToken: token.accessToken,
            connection: shown,
            wasRefreshed: wasRefreshed,
            fields: token.fields
        )
    }

    // No user can mend any of it: the operator must act, or time must pass.
    private func failure(
        _ error: UpstreamError,
        _ query: UpstreamCredentials.Query,
        _ provider: UpstreamProvider,
        _ context: RequestContext
    ) -> UpstreamCredentialError {
        let reason = error.failureReason
        var metadata: Logger.Metadata = [
            "upstream": "\(provider.name)", "reason": "\(reason.rawValue)", "detail": "\(error.reason)",
            "request_id": "\(context.requestID)",
        ]
        metadata["provider"] = error.words.map { "\($0)" }
        instruments.logger.warning("the operator's own upstream gave no token", metadata: metadata)
        instruments.audit.record(
            .machineTokenFailed(provider.name, query.session, reason: reason, words: error.words),
            context: context
        )
        switch error.code {
        case .temporarilyUnavailable(let retryAfter):
            instruments.metrics.upstreamRefresh(provider.name, result: "temporarily_unavailable")
            return .temporarilyUnavailable(retryAfter: retryAfter)
        case .invalidResponse, .userInfoFailed, .invalidIDToken, .loginTooOld:
            instruments.metrics.upstreamRefresh(provider.name, result: "invalid_response")
            return .temporarilyUnavailable(retryAfter: nil)
        case .invalidGrant, .unexplainedRefusal, .accessDenied, .notAdmitted, .invalidClient, .misconfigured:
            instruments.metrics.upstreamRefresh(provider.name, result: "refused")
            return .refused(
                OAuthError(
                    .serverError,
                    "the upstream gives this server no token; the operator has to act",
                    details: ["reason": .string(reason.rawValue)]
                )
            )
        }
    }
}

extension UpstreamCredentialError {
    // A provider that is unavailable, or refuses this client, does not invalidate a token that has not ended (VR-9,
    // VR-10). The tokens of an installation end with it.
    fileprivate var leavesToken: Bool {
        switch self {
        case .temporarilyUnavailable: return true
        case .refused(let error):
            let ends: [UpstreamFailureReason] = [.installationSuspended, .installationRemoved]
            return !ends.contains { $0.rawValue == error.details["reason"]?.stringValue }
        case .interactionRequired, .loginRequired, .refusedWithoutReason, .sessionEnded, .misconfigured: return false
        }
    }
}

extension ChainedToken {
    /// Reads an answer of a token endpoint.
    init(_ response: UpstreamTokenResponse) {
        self.init(
            accessToken: response.accessToken,
            scopes: response.scopes,
            expiry: response.accessTokenExpiry,
            fields: response.fields,
            obtainedAt: response.receivedAt
        )
    }

    // As other tokens it is replaced before it ends (VR-7).
    fileprivate func isDue(
        _ query: UpstreamCredentials.Query,
        _ provider: UpstreamProvider,
        now: Timestamp
    ) -> Bool {
        Connection(operators: self, of: provider, for: query.session.userID)
            .isDueForRefresh(now: now, minimumLifetime: query.minimumLifetime)
    }
}

extension Connection {
    /// The operator's account with a token's particulars, for answers and records; it is never stored, and has no
    /// tokens.
    fileprivate init(operators token: ChainedToken, of provider: UpstreamProvider, for userID: UserID) {
        self.init(
            id: .operators,
            userID: userID,
            upstream: provider.name,
            account: provider.machineAccount ?? "",
            accountName: nil,
            tokens: SealedTokens(accessToken: []),
            scopes: token.scopes ?? provider.requestedScopes,
            accessTokenExpiry: token.expiry,
            upstreamClientID: provider.clientID ?? "",
            status: .active,
            reason: nil,
            obtainedAt: token.obtainedAt,
            refreshedAt: nil,
            usedAt: nil,
            version: 0,
            providerSessions: []
        )
    }
}

extension AuditEvent {
    /// The operator's own upstream gave no token.
    fileprivate static func machineTokenFailed(
        _ upstream: String,
        _ session: Session,
        reason: UpstreamFailureReason,
        words: ProviderWords?
    ) -> AuditEvent {
        var fields: AuditFields = [
            "upstream": .string(upstream), "sub": .string(session.userID.text), "reason": .string(reason.rawValue),
        ]
        if let words { fields.append("provider", words.description) }
        return AuditEvent("upstream.refresh_failed", fields)
    }
}
