import Foundations
import OAuthProtocol
import OAuthState
import Synchronization

/// The operator's own tokens that are valid now, in memory alone, with one request in flight for each upstream.
final class MachineTokens: Sendable {
    private struct Refusal {
        let error: UpstreamCredentialError
        let madeAt: Timestamp
    }

    /// For how long a definite refusal is repeated without asking: a wrong secret or a suspended installation must not
    /// cost the provider a request for each request of ours.
    static let refusalLifetime: Duration = .seconds(30)
    /// How old a token must be to be replaced because of a report: it is shared by all users.
    static let reportInterval: Duration = .seconds(60)

    private let tokens = ChainedTokens()
    private let refusals = Mutex<[String: Refusal]>([:])

    /// The token, if it has not ended.
    func token(for upstream: String, now: Timestamp) -> ChainedToken? {
        tokens.token(for: Self.key(upstream), now: now)
    }

    /// Obtains a token, once for all callers that wait for it, unless it was refused just now.
    func obtained(
        for upstream: String,
        now: Timestamp,
        _ obtain: @escaping @Sendable () async -> Result<ChainedToken, UpstreamCredentialError>
    ) async throws(UpstreamCredentialError) -> ChainedToken {
        if let refusal = refusals.withLock({ $0[upstream] }), refusal.madeAt <= now,
            now - refusal.madeAt < Self.refusalLifetime
        {
            throw refusal.error
        }
        do throws(UpstreamCredentialError) {
            let token = try await tokens.obtained(for: Self.key(upstream), obtain)
            refusals.withLock { $0[upstream] = nil }
            return token
        } catch {
            if case .refused = error {
                refusals.withLock { $0[upstream] = Refusal(error: error, madeAt: now) }
            }
            throw error
        }
    }

    /// Forgets a token that the API refuses; `false` where another one is kept.
    ///
    /// - Throws: `too_many_requests` about a token that is less than a minute old.
    func forget(_ upstream: String, fingerprint: String?, now: Timestamp) throws(UpstreamCredentialError) -> Bool {
        guard let token = token(for: upstream, now: now) else { return true }
        guard token.isMeant(by: fingerprint) else { return false }
        let age = now - token.obtainedAt
        guard age >= Self.reportInterval else {
            throw .refused(
                OAuthError(
                    .tooManyRequests,
                    "the token was obtained less than a minute ago",
                    retryAfter: Self.reportInterval - age
                )
            )
        }
        return tokens.forget(Self.key(upstream)) { $0.isMeant(by: fingerprint) }
    }

    private static func key(_ upstream: String) -> ChainedTokens.Key {
        ChainedTokens.Key(source: ConnectionID.operators, upstream: upstream)
    }
}

extension ConnectionID {
    /// The operator's, in the place of a user's connection; no connection has it.
    static let operators = ConnectionID(value: Bits128(0))
}
