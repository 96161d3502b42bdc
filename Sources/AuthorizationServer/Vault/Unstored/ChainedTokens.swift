import Foundations
import OAuthProtocol
import OAuthState
import Synchronization

/// A token of a foreign authorization server, in clear.
struct ChainedToken: Sendable, Redacted {
    let accessToken: String
    /// What was granted; `nil` where the server does not say.
    let scopes: ScopeSet?
    let expiry: Timestamp?
    let fields: JSONObject
    let obtainedAt: Timestamp

    /// How long a token is kept whose server states no lifetime.
    static let unstatedLifetime: Duration = .seconds(300)

    /// Until when it may be returned again without asking for a new one.
    var end: Timestamp { expiry ?? obtainedAt + Self.unstatedLifetime }
}

/// The tokens of foreign authorization servers that are valid now, in memory alone.
///
/// They follow from the connection to the identity provider at any time, so none is stored; after a start they are
/// obtained anew. Whether the connection still allows them is examined at each retrieval.
final class ChainedTokens: Sendable {
    /// A connection to an identity provider, and the foreign authorization server.
    struct Key: Hashable, Sendable {
        let source: ConnectionID
        let upstream: String
    }

    /// The most tokens that are kept; beyond it those that end first are obtained anew.
    static let countMax = 16_384

    private let tokens = Mutex<[Key: ChainedToken]>([:])
    private let flight = SingleFlight<Key, Result<ChainedToken, UpstreamCredentialError>>()
    private let bound: Int

    /// No tokens yet; `countMax` of them at most.
    init(countMax: Int = ChainedTokens.countMax) {
        bound = countMax
    }

    /// How many are kept.
    var count: Int { tokens.withLock(\.count) }

    /// The token, if it has not ended.
    func token(for key: Key, now: Timestamp) -> ChainedToken? {
        tokens.withLock { tokens in
            // A clock that was set back must not lengthen its life.
            guard let token = tokens[key], token.obtainedAt <= now, now < token.end else { return nil }
            return token
        }
    }

    /// Obtains a token, once for all callers that wait for it, and keeps it.
    func obtained(
        for key: Key,
        _ obtain: @escaping @Sendable () async -> Result<ChainedToken, UpstreamCredentialError>
    ) async throws(UpstreamCredentialError) -> ChainedToken {
        let task = flight.task(for: key) { [self] in
            let result = await obtain()
            if case .success(let token) = result { keep(token, for: key) }
            return result
        }
        // The server is shutting down.
        guard let task else { throw .temporarilyUnavailable(retryAfter: nil) }
        return try await task.value.get()
    }

    /// Forgets a token that the foreign API refuses; `false` where another one is kept.
    func forget(_ key: Key, where isMeant: (ChainedToken) -> Bool) -> Bool {
        tokens.withLock { tokens in
            guard let token = tokens[key] else { return true }
            guard isMeant(token) else { return false }
            tokens[key] = nil
            return true
        }
    }

    private func keep(_ token: ChainedToken, for key: Key) {
        tokens.withLock { tokens in
            if tokens[key] == nil, tokens.count >= bound {
                tokens = tokens.filter { token.obtainedAt < $0.value.end }
                // An eighth at once, so that not every further token costs a look at all of them.
                let surplus = tokens.count - (bound - max(1, bound / 8))
                if surplus > 0 {
                    for (old, _) in tokens.sorted(by: { $0.value.end < $1.value.end }).prefix(surplus) {
                        tokens[old] = nil
                    }
                }
            }
            tokens[key] = token
        }
    }
}
