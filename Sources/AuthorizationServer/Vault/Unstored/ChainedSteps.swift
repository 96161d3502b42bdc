import Foundations
import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import UpstreamIdentity

/// The steps from a user's login at an identity provider to a token of a chained upstream.
///
/// RFC 8693 at the identity provider and RFC 7523 at a foreign server (ID-JAG), or an exchange at the identity provider
/// alone.
struct ChainedSteps: Sendable {
    let sealing: TokenSealing
    let refreshes: UpstreamRefreshes
    let timeSource: any TimeSource
    let instruments: Instruments

    /// How much longer a token must be valid to be exchanged.
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
        let response = try await response(connection, source, provider, chain, context)
        instruments.metrics.upstreamRefresh(provider.name, result: "success")
        return ChainedToken(response)
    }

    // An ID token or access token lives for minutes or hours, and the connection for weeks: a refresh brings a new one
    // at most providers. A provider may also refuse one earlier than it says.
    private func response(
        _ connection: Connection,
        _ source: UpstreamProvider,
        _ provider: UpstreamProvider,
        _ chain: ChainedServer,
        _ context: RequestContext
    ) async throws(UpstreamCredentialError) -> UpstreamTokenResponse {
        var connection = connection
        var mayRefresh = connection.tokens.refreshToken != nil
        var token = try subject(chain.subject, of: connection, source)
        if mayRefresh, token.map({ $0.isOver(at: timeSource.now() + Self.margin) }) ?? true {
            mayRefresh = false
            connection = try await refreshes.refresh(connection, provider: source, context: context)
            token = try subject(chain.subject, of: connection, source)
        }
        while true {
            guard let present = token, !present.isOver(at: timeSource.now()) else { throw Self.again(connection) }
            let shown = connection.showing(nil, of: provider)
            let assertion: IdentityAssertion
            do throws(UpstreamError) {
                guard let foreign = chain.foreign else {
                    return try await source.exchanged(present.text, for: provider)
                }
                let scopes = provider.requestedScopes
                assertion = try await source.identityAssertion(for: foreign, scopes: scopes, idToken: present.text)
            } catch {
                guard error.mayConcernToken, mayRefresh else {
                    throw failure(error, shown, source: connection, context)
                }
                mayRefresh = false
                connection = try await refreshes.refresh(connection, provider: source, context: context)
                token = try subject(chain.subject, of: connection, source)
                guard token?.text != present.text else { throw failure(error, shown, source: connection, context) }
                continue
            }
            do throws(UpstreamError) {
                return try await provider.redeem(assertion)
            } catch {
                throw failure(error.withoutRemark, shown, source: connection, context)
            }
        }
    }

    /// A token of the login, and when it ends.
    private struct Subject: Sendable, Redacted {
        let text: String
        let end: Timestamp?

        func isOver(at moment: Timestamp) -> Bool { end.map { $0 <= moment } ?? false }
    }

    private func subject(
        _ kind: SubjectTokenKind,
        of connection: Connection,
        _ source: UpstreamProvider
    ) throws(UpstreamCredentialError) -> Subject? {
        do {
            switch kind {
            case .idToken:
                // One whose end is unknown cannot be exchanged.
                guard let text = try sealing.idToken(of: connection), let end = source.expiry(ofStoredIDToken: text)
                else { return nil }
                return Subject(text: text, end: end)
            case .accessToken:
                // One that an API refused is replaced first (VR-12).
                let end = connection.isReportedInvalid ? Timestamp(secondsSinceEpoch: 0) : connection.accessTokenExpiry
                return Subject(text: try sealing.accessToken(of: connection), end: end)
            }
        } catch {
            throw .misconfigured("the stored token cannot be opened")
        }
    }

    private static func again(_ connection: Connection) -> UpstreamCredentialError {
        .interactionRequired(reason: "reauth_required", missingScopes: .empty, connection: connection)
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
            return error.remark.map { .loginRequired(source, $0) } ?? Self.again(source)
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

extension UpstreamError {
    // RFC 8693 §2.2.2: a subject token that is not accepted is `invalid_request`, as a request that nothing can mend.
    fileprivate var mayConcernToken: Bool {
        isTerminal || (code == .misconfigured && words?.error == "invalid_request")
    }
}
