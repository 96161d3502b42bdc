import Foundations
import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import UpstreamIdentity

/// The steps from a user's login at an identity provider to a token of a foreign authorization server.
///
/// RFC 8693 at the identity provider, RFC 7523 at the foreign server (ID-JAG).
struct ChainedSteps: Sendable {
    let sealing: TokenSealing
    let refreshes: UpstreamRefreshes
    let timeSource: any TimeSource
    let instruments: Instruments

    /// How much longer an ID token must be valid to be exchanged.
    static let margin: Duration = .seconds(60)

    /// Obtains a token.
    ///
    /// - Throws: `interactionRequired` with the connection to the identity provider when only a login there helps.
    func obtain(
        _ connection: Connection,
        _ source: UpstreamProvider,
        _ provider: UpstreamProvider,
        _ chain: ChainedServer,
        _ context: RequestContext
    ) async throws(UpstreamCredentialError) -> ChainedToken {
        let shown = connection.showing(nil, of: provider)
        let assertion = try await assertion(connection, source, provider, chain, context)
        let response: UpstreamTokenResponse
        do {
            response = try await provider.redeem(assertion)
        } catch {
            throw failure(error, shown, source: connection, context)
        }
        instruments.metrics.upstreamRefresh(provider.name, result: "success")
        return ChainedToken(
            accessToken: response.accessToken,
            scopes: response.scopes,
            expiry: response.accessTokenExpiry,
            fields: response.fields,
            obtainedAt: response.receivedAt
        )
    }

    // An ID token lives for minutes or hours, and the connection for weeks: a refresh brings a new one at most
    // providers. A provider may also refuse one earlier than it says.
    private func assertion(
        _ connection: Connection,
        _ source: UpstreamProvider,
        _ provider: UpstreamProvider,
        _ chain: ChainedServer,
        _ context: RequestContext
    ) async throws(UpstreamCredentialError) -> IdentityAssertion {
        var connection = connection
        var mayRefresh = connection.tokens.refreshToken != nil
        var idToken = try idToken(of: connection)
        if mayRefresh, idToken.map({ isEnding($0, source) }) ?? true {
            mayRefresh = false
            connection = try await refreshes.refresh(connection, provider: source, context: context)
            idToken = try self.idToken(of: connection)
        }
        while true {
            guard let present = idToken, !isOver(present, source) else { throw Self.again(connection) }
            do throws(UpstreamError) {
                let scopes = provider.requestedScopes
                return try await source.identityAssertion(for: chain, scopes: scopes, idToken: present)
            } catch {
                let shown = connection.showing(nil, of: provider)
                guard error.isTerminal, mayRefresh else { throw failure(error, shown, source: connection, context) }
                mayRefresh = false
                connection = try await refreshes.refresh(connection, provider: source, context: context)
                idToken = try self.idToken(of: connection)
                guard idToken != present else { throw failure(error, shown, source: connection, context) }
            }
        }
    }

    private static func again(_ connection: Connection) -> UpstreamCredentialError {
        .interactionRequired(reason: "reauth_required", missingScopes: .empty, connection: connection)
    }

    private func idToken(of connection: Connection) throws(UpstreamCredentialError) -> String? {
        do {
            return try sealing.idToken(of: connection)
        } catch {
            throw .misconfigured("the stored ID token cannot be opened")
        }
    }

    private func isEnding(_ idToken: String, _ source: UpstreamProvider) -> Bool {
        expiry(idToken, source).map { $0 <= timeSource.now() + Self.margin } ?? true
    }

    private func isOver(_ idToken: String, _ source: UpstreamProvider) -> Bool {
        expiry(idToken, source).map { $0 <= timeSource.now() } ?? true
    }

    private func expiry(_ idToken: String, _ source: UpstreamProvider) -> Timestamp? {
        source.expiry(ofStoredIDToken: idToken)
    }

    // A refused assertion ends nothing: the connection to the identity provider serves other upstreams, too.
    private func failure(
        _ error: UpstreamError,
        _ shown: Connection,
        source: Connection,
        _ context: RequestContext
    ) -> UpstreamCredentialError {
        report(error, shown, context)
        switch error.code {
        // A refusal without a word is treated as elsewhere: waiting repairs nothing, and a login may.
        case .invalidGrant, .unexplainedRefusal:
            instruments.metrics.upstreamRefresh(shown.upstream, result: "invalid_grant")
            return Self.again(source)
        case .temporarilyUnavailable(let retryAfter):
            instruments.metrics.upstreamRefresh(shown.upstream, result: "temporarily_unavailable")
            return .temporarilyUnavailable(retryAfter: retryAfter)
        case .accessDenied, .notAdmitted:
            instruments.metrics.upstreamRefresh(shown.upstream, result: "refused")
            return .refused(OAuthError(.accessDenied, "the identity provider does not give this user access"))
        case .invalidResponse, .userInfoFailed, .invalidIDToken, .loginTooOld:
            instruments.metrics.upstreamRefresh(shown.upstream, result: "invalid_response")
            return .temporarilyUnavailable(retryAfter: nil)
        case .invalidClient, .misconfigured:
            instruments.metrics.upstreamRefresh(shown.upstream, result: "refused")
            return .misconfigured("the upstream cannot be reached through its identity provider")
        }
    }

    private func report(_ error: UpstreamError, _ shown: Connection, _ context: RequestContext) {
        var metadata: Logger.Metadata = [
            "upstream": "\(shown.upstream)", "reason": "\(error.failureReason.rawValue)", "detail": "\(error.reason)",
            "connection": "\(shown.id.text)", "request_id": "\(context.requestID)",
        ]
        metadata["provider"] = error.words.map { "\($0)" }
        instruments.logger.warning("a chained upstream gave no token", metadata: metadata)
        instruments.audit.record(
            .upstreamRefreshFailed(shown, reason: error.failureReason, words: error.words),
            context: context
        )
    }
}
