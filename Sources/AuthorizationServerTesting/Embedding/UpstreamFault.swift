import DevelopmentIdentityProvider

extension TestServer {
    /// How an identity provider fails a request, by the names that the control plane of `gatehouse dev` has.
    ///
    /// Each occurs at an endpoint of its own unless a test names another one: see ``name`` and
    /// ``TestServer/fail(_:upstream:at:times:)``.
    public enum UpstreamFault: Sendable, Hashable {
        // MARK: At the authorization endpoint

        /// The user says no: `access_denied`.
        case accessDenied
        /// The user says no in LinkedIn's words.
        case userCancelled
        /// The answer has another login's `state`.
        case badState

        // MARK: Outages

        /// The token endpoint answers 503.
        case unavailable
        /// The discovery document cannot be had.
        case discoveryUnavailable
        /// The key set cannot be had.
        case keySetUnavailable
        /// The UserInfo endpoint answers 503.
        case userInfoUnavailable
        /// The connection ends without an answer, and the request was not performed.
        case closedConnection
        /// The request is performed (a refresh token is rotated), and its answer is lost.
        case lostAnswer
        /// The answer comes after this many seconds of real time, at most 3600.
        case slow(seconds: Int)
        /// 429 with this `Retry-After`, at most 3600.
        case tooManyRequests(retryAfter: Int)

        // MARK: Refusals of the token endpoint

        /// The refresh token is refused permanently (RFC 6749 §5.2 `invalid_grant`).
        case invalidGrant
        /// The client is refused (`invalid_client`).
        case invalidClient
        /// A dead refresh token, refused with status 401 alone.
        case refusedWithoutWords
        /// A dead refresh token that the provider no longer knows: 404.
        case forgottenGrant
        /// A dead refresh token, refused as if the request were wrong.
        case grantRefusedAsRequest
        /// A dead refresh token, refused as if the client were, as Atlassian does.
        case grantRefusedAsClient
        /// An error under status 200, as GitHub sends it.
        case errorWithStatus200

        // MARK: Answers that are none

        /// Half a JSON object.
        case malformedJSON
        /// Four megabytes of JSON.
        case hugeBody
        /// A page of a proxy, with status 200.
        case page
        /// A redirect to another host.
        case redirect

        // MARK: Token answers that lack something

        /// No `expires_in`.
        case omitsExpiry
        /// No `refresh_token`, as Google at a second consent.
        case omitsRefreshToken
        /// No `id_token`.
        case omitsIDToken

        // MARK: ID tokens that must be refused

        /// Another login's nonce.
        case badNonce
        /// No nonce.
        case omitsNonce
        /// For another client.
        case badAudience
        /// Of another issuer.
        case badIssuer
        /// Expired long ago.
        case expiredIDToken
        /// From the future.
        case idTokenFromTheFuture
        /// It belongs to another access token.
        case badAccessTokenHash
        /// Unsigned.
        case algorithmNone
        /// HMAC with the public key.
        case algorithmHS256
        /// By a key that is not published.
        case unknownKey
        /// By a key that is not published, under the name of the published one.
        case foreignKey
        /// Changed after it was signed.
        case changedPayload
        /// The clock is 90 s behind, which a tolerance may accept.
        case clockBehind
        /// The clock is 90 s ahead.
        case clockAhead
        /// Two thousand groups: 90 KB, which is valid.
        case manyGroups

        // MARK: Other documents

        /// UserInfo is about somebody else.
        case anotherSubject
        /// Discovery has an empty endpoint that no login needs.
        case emptyRevocationEndpoint
        /// Discovery has a relative endpoint that no login needs.
        case relativeUserInfoEndpoint
    }
}
