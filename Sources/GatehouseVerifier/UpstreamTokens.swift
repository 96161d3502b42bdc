import Foundations
import OAuthProtocol
import OpenSSLCrypto
import Synchronization

/// Retrieves the users' tokens at upstream providers (RFC 8693) as the resource server of a ``TokenVerifier``.
///
/// Concurrent retrievals of the same token cause one request, and its answer is used again until shortly before it
/// expires. At most 10,000 tokens are kept, in memory only.
public final class UpstreamTokens: Sendable {
    private struct Place: Hashable {
        let userToken: String
        let upstream: String
        let wish: UpstreamWish
    }

    private let requests: UpstreamRequests
    private let now: @Sendable () -> Int64
    private let flight = SingleFlight<Place, Result<UpstreamToken, UpstreamTokenError>>()
    private let kept = Mutex<[Place: UpstreamToken]>([:])

    /// The most tokens that are kept.
    static let tokensMax = 10_000

    /// Retrievals for the resource of a verifier, which send nothing yet.
    ///
    /// - Parameters:
    ///   - verifier: The verifier of the users' access tokens.
    ///   - clientID: The `client_id` of this resource server at the issuer.
    ///   - clientSecret: Its secret.
    ///   - now: The time, in seconds since 1970.
    ///   - send: Sends a request and returns the answer, whatever its status; it follows no redirect.
    public init(
        verifier: TokenVerifier,
        clientID: String,
        clientSecret: String,
        now: @escaping @Sendable () -> Int64,
        send: @escaping @Sendable (IssuerRequest) async throws -> IssuerAnswer
    ) {
        requests = UpstreamRequests(
            issuer: verifier.issuer,
            authorization: TokenVerifier.basic(clientID, clientSecret),
            send: send
        )
        self.now = now
    }

    /// The user's token at an upstream.
    ///
    /// - Parameters:
    ///   - upstream: Its configured name.
    ///   - userToken: The access token that the user's client has presented, and that the verifier has accepted.
    ///   - wish: What the token must be like.
    /// - Returns: The token.
    /// - Throws: ``UpstreamTokenError``.
    public func token(
        at upstream: String,
        for userToken: String,
        wish: UpstreamWish = UpstreamWish()
    ) async throws(UpstreamTokenError) -> UpstreamToken {
        let place = Place(userToken: Self.digest(userToken), upstream: upstream, wish: wish)
        let now = now()
        let known: UpstreamToken? = kept.withLock { kept in
            if let token = kept[place], now < token.useUntil { return token }
            kept[place] = nil
            return nil
        }
        if let known { return known }
        // What one caller has begun serves all of them, so it does not end with its caller.
        let task = flight.task(for: place) { [self] in
            do throws(UpstreamTokenError) {
                let token = try await requests.exchange(userToken, upstream, wish, now: now)
                keep(token, at: place)
                return .success(token)
            } catch {
                return .failure(error)
            }
        }
        guard let task else { throw .unavailable(reason: "the retrieval was not begun", retryAfterSeconds: nil) }
        return try await task.value.get()
    }

    /// Says that the provider's API has refused a token; the next retrieval brings another one, or an error.
    ///
    /// - Throws: ``UpstreamTokenError``.
    public func reportInvalid(_ token: UpstreamToken, for userToken: String) async throws(UpstreamTokenError) {
        kept.withLock { kept in
            kept = kept.filter { $0.value.accessToken != token.accessToken }
        }
        try await requests.report(Self.digest(token.accessToken), of: token.upstream, userToken)
    }

    /// Calls the provider's API as the user; a token that it refuses is reported, and the call is made once more.
    ///
    /// - Parameters:
    ///   - upstream: Its configured name.
    ///   - userToken: The access token that the user's client has presented.
    ///   - wish: What the token must be like.
    ///   - isRefused: Whether an answer of the API means that the token is invalid: status 401.
    ///   - request: Sends the request with a token.
    /// - Returns: The answer of the API.
    /// - Throws: ``UpstreamTokenError``, and what `request` throws.
    public func call<Answer: Sendable>(
        _ upstream: String,
        for userToken: String,
        wish: UpstreamWish = UpstreamWish(),
        isRefused: (Answer) -> Bool,
        _ request: (UpstreamToken) async throws -> Answer
    ) async throws -> Answer {
        let token = try await token(at: upstream, for: userToken, wish: wish)
        let answer = try await request(token)
        guard isRefused(answer) else { return answer }
        try await reportInvalid(token, for: userToken)
        return try await request(try await self.token(at: upstream, for: userToken, wish: wish))
    }

    private func keep(_ token: UpstreamToken, at place: Place) {
        kept.withLock { kept in
            while kept.count >= Self.tokensMax, let other = kept.keys.first { kept[other] = nil }
            kept[place] = token
        }
    }

    private static func digest(_ text: String) -> String {
        Base64URL.encode(SHA256.hash(Array(text.utf8)).bytes)
    }
}

extension UpstreamTokens: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Neither tokens nor credentials.
    public var description: String { "upstream tokens" }
    /// The same as ``description``.
    public var debugDescription: String { description }
    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
