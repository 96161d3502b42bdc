import Foundations
import Logging
package import OAuthProtocol
package import OAuthState
import OpenSSLCrypto
package import UpstreamIdentity

/// Refreshes upstream tokens, one refresh at a time for each connection: simultaneous callers get the same result.
///
/// A rotating refresh token is worthless once it has been sent; two parallel redemptions would end the user's session
/// at the provider (VT-4, VR-6).
package final class UpstreamRefreshes: Sendable {
    private let steps: UpstreamRefreshSteps
    private let flight: SingleFlight<ConnectionID, Result<Connection, UpstreamCredentialError>>

    /// Refreshes over the vault.
    package init(
        store: any UpstreamRefreshStore,
        holder: LeaseHolder,
        sealing: TokenSealing,
        timeSource: any TimeSource,
        work: BackgroundWork,
        instruments: Instruments
    ) {
        // A refresh that has been sent goes on although the request that asked for it has ended, and the server with
        // it: its answer holds the only good refresh token.
        flight = SingleFlight { operation in work.start(.finishes, operation) }
        steps = UpstreamRefreshSteps(
            store: store,
            holder: holder,
            sealing: sealing,
            timeSource: timeSource,
            instruments: instruments
        )
    }

    /// The connection with fresh tokens.
    ///
    /// A failure is logged and put on record once, with the request that began the refresh, if one did.
    package func refresh(
        _ connection: Connection,
        provider: UpstreamProvider,
        context: RequestContext?
    ) async throws(UpstreamCredentialError) -> Connection {
        var steps = steps
        steps.context = context
        let begun = steps
        let task = flight.task(for: connection.id) { () -> Result<Connection, UpstreamCredentialError> in
            do throws(UpstreamCredentialError) {
                return .success(try await begun.run(connection, provider: provider))
            } catch {
                return .failure(error)
            }
        }
        // The server is shutting down.
        guard let task else { throw .temporarilyUnavailable(retryAfter: nil) }
        return try await task.value.get()
    }
}

/// The steps of one refresh, in the order that loses nothing.
struct UpstreamRefreshSteps: Sendable {
    let store: any UpstreamRefreshStore
    let holder: LeaseHolder
    let sealing: TokenSealing
    let timeSource: any TimeSource
    let refusals = RepeatedRefusals()
    let instruments: Instruments

    /// The request that began the refresh, if one did.
    var context: RequestContext?

    /// Redeems, stores durably, and only then examines the answer.
    func run(_ stale: Connection, provider: UpstreamProvider) async throws(UpstreamCredentialError) -> Connection {
        let client: UpstreamClient
        do {
            client = try await provider.client()
        } catch {
            throw await failure(error, stale)
        }
        // Checked just before the token is used: a store that takes no changes could not keep its successor.
        let lease = try await UpstreamCredentialError.attempt(
            await store.beginRefresh(stale.id, version: stale.version, by: holder, now: timeSource.now()).outcome
        )
        switch lease {
        case .granted(let connection):
            do throws(UpstreamCredentialError) {
                return try await redeem(connection, as: client, at: provider)
            } catch {
                await store.endRefresh(stale.id, by: holder)
                throw error
            }
        case .held:
            throw .temporarilyUnavailable(retryAfter: .seconds(1))
        case .superseded(let newer):
            guard let newer, newer.status != .revoked else { throw Self.over(newer) }
            return newer
        }
    }

    private func redeem(
        _ connection: Connection,
        as client: UpstreamClient,
        at provider: UpstreamProvider
    ) async throws(UpstreamCredentialError) -> Connection {
        // VR-8: the provider would revoke a refresh token that another client presents, and another authorization
        // server would learn it.
        let isOurs: Bool
        do {
            isOurs = try await sealing.areIssued(connection, to: client, provider)
        } catch {
            throw await failure(error, connection)
        }
        guard isOurs else { throw await reauthorize(connection, reason: "upstream_client_changed") }
        let refreshToken = try refreshToken(connection)
        let response: UpstreamTokenResponse
        do {
            response = try await provider.refresh(
                refreshToken: refreshToken,
                as: client,
                scopes: connection.scopes
            )
        } catch {
            if isDead(connection, after: error, at: provider) {
                report(error, .refusedRepeatedly, connection)
                instruments.metrics.upstreamRefresh(connection.upstream, result: Connection.refusedRepeatedly)
                throw await reauthorize(connection, reason: Connection.refusedRepeatedly)
            }
            throw await failure(error, connection)
        }
        let refreshed = try await keep(response, connection, provider)
        // VR-4: the new refresh token is durable before anything else is checked.
        try await validate(response, refreshed, provider)
        instruments.metrics.upstreamRefresh(connection.upstream, result: "success")
        return refreshed
    }

    /// A connection that was erased, or revoked.
    private static func over(_ connection: Connection?) -> UpstreamCredentialError {
        let reason = connection == nil ? "not_connected" : "reauth_required"
        return .interactionRequired(reason: reason, missingScopes: .empty, connection: connection)
    }

    private func refreshToken(_ connection: Connection) throws(UpstreamCredentialError) -> String {
        do {
            guard let token = try sealing.refreshToken(of: connection) else {
                throw UpstreamCredentialError.interactionRequired(
                    reason: "reauth_required",
                    missingScopes: .empty,
                    connection: connection
                )
            }
            return token
        } catch let error as UpstreamCredentialError {
            throw error
        } catch {
            throw .misconfigured("the stored refresh token cannot be opened")
        }
    }

    private func keep(
        _ response: UpstreamTokenResponse,
        _ connection: Connection,
        _ provider: UpstreamProvider
    ) async throws(UpstreamCredentialError) -> Connection {
        let sealed: SealedTokens
        do {
            sealed = try sealing.seal(
                UpstreamTokens(
                    accessToken: response.accessToken,
                    refreshToken: response.refreshToken,
                    idToken: response.idToken,
                    fields: try fields(response, connection)
                ),
                at: connection.place
            )
        } catch {
            throw .misconfigured("the refreshed tokens cannot be sealed")
        }
        let refresh = ConnectionRefresh(
            id: connection.id,
            version: connection.version,
            tokens: sealed,
            scopes: response.scopes,
            accessTokenExpiry: response.accessTokenExpiry,
            belongsToAnotherAccount: provider.namesAnotherAccount(response, than: connection.account)
        )
        let outcome: ConnectionOutcome = try await answering(await store.replace(refresh, now: timeSource.now())) {
            (outcome) throws(UpstreamCredentialError) in
            if case .superseded(let ended) = outcome, ended.map({ $0.status == .revoked }) ?? true {
                // The user disconnected or logged out in the meantime: the new tokens must not stay valid at the
                // provider.
                let ending = ProviderRevocation(provider: provider)
                _ = await ending.revoke(accessToken: response.accessToken, refreshToken: response.refreshToken)
                throw Self.over(ended)
            }
            return outcome
        }
        switch outcome {
        case .stored(let connection): return connection
        // A login has replaced the tokens in the meantime; the login's tokens are newer.
        case .superseded(let newer?): return newer
        case .superseded(nil): throw Self.over(nil)
        case .full: throw .misconfigured("the vault is full")
        }
    }

    // Fields that a refresh does not repeat keep their values: most answers name them only once. `nil` where nothing
    // changes.
    private func fields(_ response: UpstreamTokenResponse, _ connection: Connection) throws(CryptoError) -> String? {
        guard !response.fields.isEmpty else { return nil }
        let older = try sealing.upstreamFields(of: connection)
        return UpstreamFields.merged(older, with: response.fields).serializedString()
    }

    // The access token came from the provider itself, over its own connection. An ID token beside it that cannot be
    // verified ends nothing, because the refresh token that yielded it has been used (VR-4). One that names another
    // account does: another account's tokens must not be returned as this one's (UP-2).
    private func validate(
        _ response: UpstreamTokenResponse,
        _ connection: Connection,
        _ provider: UpstreamProvider
    ) async throws(UpstreamCredentialError) {
        do {
            try await provider.validateRefreshedIDToken(response, expectedSubject: connection.account)
        } catch {
            instruments.logger.warning(
                "the ID token of an upstream refresh is invalid",
                metadata: ["upstream": "\(connection.upstream)", "reason": "\(error.reason)"]
            )
            guard error.code == .accessDenied else { return }
            instruments.metrics.upstreamRefresh(connection.upstream, result: "other_account")
            throw await reauthorize(connection, reason: ConnectionRefresh.otherAccount)
        }
    }

    // VR-9, VR-10: one refusal in unknown words ends nothing; a provider that repeats it and serves others means the
    // grant.
    private func isDead(_ connection: Connection, after error: UpstreamError, at provider: UpstreamProvider) -> Bool {
        guard error.isDefiniteRefusal, !error.isTerminal else { return false }
        return refusals.note(connection, servedAt: provider.servedAt, now: timeSource.now())
    }

    private func report(_ error: UpstreamError, _ reason: UpstreamFailureReason, _ connection: Connection) {
        var metadata: Logger.Metadata = [
            "upstream": "\(connection.upstream)", "reason": "\(reason.rawValue)", "detail": "\(error.reason)",
            "connection": "\(connection.id.text)",
        ]
        metadata["provider"] = error.words.map { "\($0)" }
        metadata["request_id"] = context.map { "\($0.requestID)" }
        instruments.logger.warning("an upstream refresh failed", metadata: metadata)
        let event = AuditEvent.upstreamRefreshFailed(connection, reason: reason, words: error.words)
        guard let context else { return instruments.audit.record(event, now: timeSource.now()) }
        instruments.audit.record(event, context: context)
    }

    // VR-9, VR-10: only the provider's terminal answer ends a connection; 429, 5xx and timeouts never do.
    private func failure(_ error: UpstreamError, _ connection: Connection) async -> UpstreamCredentialError {
        report(error, error.failureReason, connection)
        switch error.code {
        case .invalidGrant:
            instruments.metrics.upstreamRefresh(connection.upstream, result: "invalid_grant")
            return await reauthorize(connection, reason: Connection.grantRefused)
        case .temporarilyUnavailable(let retryAfter):
            instruments.metrics.upstreamRefresh(connection.upstream, result: "temporarily_unavailable")
            return .temporarilyUnavailable(retryAfter: retryAfter)
        case .unexplainedRefusal:
            instruments.metrics.upstreamRefresh(connection.upstream, result: "refused_without_reason")
            return .refusedWithoutReason(connection)
        case .invalidResponse, .userInfoFailed, .invalidIDToken, .loginTooOld:
            instruments.metrics.upstreamRefresh(connection.upstream, result: "invalid_response")
            return .temporarilyUnavailable(retryAfter: nil)
        case .invalidClient, .misconfigured, .accessDenied, .notAdmitted:
            instruments.metrics.upstreamRefresh(connection.upstream, result: "refused")
            return .misconfigured("the identity provider refuses this server")
        }
    }

    private func reauthorize(_ connection: Connection, reason: String) async -> UpstreamCredentialError {
        let marked: Bool
        do throws(StoreError) {
            marked = try await store.mark(
                connection.id,
                version: connection.version,
                .reauthorizationRequired,
                reason: reason
            ).outcome
        } catch {
            return UpstreamCredentialError(error)
        }
        // A login has replaced the tokens in the meantime, or a logout has ended them: the next request finds which.
        guard marked else {
            if Connection.meansDeadRefreshToken(.reauthorizationRequired, reason: reason) {
                await eraseRefreshToken(keptFrom: connection)
            }
            return .temporarilyUnavailable(retryAfter: .seconds(1))
        }
        instruments.metrics.reauthorizationForced(reason: reason)
        return .interactionRequired(reason: "reauth_required", missingScopes: .empty, connection: connection)
    }

    // The login has brought no refresh token and kept this one, of which the provider has just said that it is dead.
    private func eraseRefreshToken(keptFrom connection: Connection) async {
        let now = timeSource.now()
        // A store that cannot answer keeps the token; the provider then refuses it once more.
        let (id, version) = (connection.id, connection.version)
        let lease = try? await store.beginRefresh(id, version: version, by: holder, now: now).outcome
        guard case .superseded(let present?) = lease, present.tokens.refreshToken == connection.tokens.refreshToken
        else { return }
        var tokens = present.tokens
        tokens.refreshToken = nil
        // As above.
        _ = try? await store.reseal(present, as: tokens).outcome
    }
}
