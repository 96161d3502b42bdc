package import OAuthProtocol

/// A failure of one request that a test has scripted.
package enum Fault: Sendable {
    // MARK: Instead of the answer; the request is not performed

    /// This answer.
    case status(Int, headerFields: [String: String] = [:], body: String = "")
    /// This OAuth error; from an authorization endpoint by redirect.
    case oauthError(String, status: Int = 400)
    /// Half a JSON object.
    case malformedJSON
    /// A JSON object of about this size.
    case hugeBody(byteCount: Int)
    /// The connection ends without an answer.
    case closeConnection

    // MARK: Delays and lost answers

    /// The request is not performed until the gate is opened.
    case hold(ResponseGate)
    /// The request is performed at once, but the answer waits until the gate is opened.
    case holdResponse(ResponseGate)
    /// The request is delayed by this time of the real clock, for demonstrations, not for tests.
    case delay(Duration)
    /// The request is performed, so codes are used up and refresh tokens rotated; then the connection ends without an
    /// answer.
    case dropResponse

    // MARK: Changed answers

    /// This member of the JSON answer, or parameter of the redirect, is missing.
    case omit(String)
    /// This member of the JSON answer, or parameter of the redirect, has this value.
    case replace(String, JSONValue)
    /// This claim of the ID token has this value; `nil` removes it.
    case idTokenClaim(String, JSONValue?)
    /// The ID token is signed in this wrong way.
    case idTokenSignature(Forgery)
    /// The ID token's dates are those of a clock that is this many seconds ahead; negative for one that is behind.
    case idTokenClock(seconds: Int)
    /// Discovery, redirect or ID token names this issuer.
    case wrongIssuer(String)
    /// Userinfo or ID token names this subject.
    case changedSubject(String)

    /// Wrong ways of signing, which every verifier should refuse.
    package enum Forgery: Sendable, Hashable, CaseIterable {
        /// `none`, without a signature.
        case algorithmNone
        /// `HS256`, with the published key as the shared secret.
        case algorithmHS256
        /// By a key that is not published, under its own name.
        case unknownKeyID
        /// By a key that is not published, under the name of the published one.
        case foreignKey
        /// By the right key, with the payload changed afterwards.
        case changedPayload
    }
}

// MARK: - Common faults by name

extension Fault {
    /// The refresh token or code is refused.
    package static var invalidGrant: Fault { .oauthError("invalid_grant") }
    /// The client is refused.
    package static var invalidClient: Fault { .oauthError("invalid_client", status: 401) }
    /// An OAuth error under status 200, as GitHub sends it.
    package static func errorWithStatus200(_ code: String) -> Fault { .oauthError(code, status: 200) }
    /// 503 without a body.
    package static var unavailable: Fault { .status(503) }
    /// 429 with `Retry-After` in seconds.
    package static func tooManyRequests(retryAfter seconds: Int) -> Fault {
        .status(429, headerFields: ["Retry-After": String(seconds)], body: #"{"error":"slow_down"}"#)
    }
    /// A redirect, which no client of a token endpoint should follow.
    package static func redirect(to url: String) -> Fault { .status(307, headerFields: ["Location": url]) }
    /// A page of an intermediate proxy, with status 200.
    package static var page: Fault {
        .status(200, headerFields: ["Content-Type": "text/html"], body: "<!doctype html><title>Please wait</title>")
    }
    /// No `expires_in`.
    package static var omitExpiresIn: Fault { .omit("expires_in") }
    /// No `refresh_token`.
    package static var omitRefreshToken: Fault { .omit("refresh_token") }
    /// The refresh token is rotated and the answer is lost.
    package static var rotateAndDropResponse: Fault { .dropResponse }
    /// No `id_token`.
    package static var missingIDToken: Fault { .omit("id_token") }
    /// An ID token with another login's nonce.
    package static var wrongNonce: Fault { .idTokenClaim("nonce", "another-nonce") }
    /// An ID token without a nonce.
    package static var missingNonce: Fault { .idTokenClaim("nonce", nil) }
    /// An ID token for another client.
    package static var wrongAudience: Fault { .idTokenClaim("aud", "another-client") }
    /// An ID token that names another issuer.
    package static var wrongIssuer: Fault { .wrongIssuer("https://other.example.com") }
    /// An ID token that expired long ago.
    package static var expiredIDToken: Fault { .idTokenClaim("exp", 1_000_000_000) }
    /// An ID token from the future.
    package static var idTokenFromTheFuture: Fault { .idTokenClaim("iat", 4_000_000_000) }
    /// An ID token that belongs to another access token.
    package static var wrongAccessTokenHash: Fault { .idTokenClaim("at_hash", "AAAAAAAAAAAAAAAAAAAAAA") }
    /// An unsigned ID token.
    package static var algorithmNone: Fault { .idTokenSignature(.algorithmNone) }
    /// An ID token whose shared secret is the public key.
    package static var algorithmHS256: Fault { .idTokenSignature(.algorithmHS256) }
    /// An ID token signed by a key that is not published.
    package static var unknownKeyID: Fault { .idTokenSignature(.unknownKeyID) }
}

// MARK: - What real providers do, by name

extension Fault {
    /// A user's no in LinkedIn's words.
    package static var userCancelled: Fault { .oauthError("user_cancelled_login") }
    /// A dead refresh token, refused with a status alone.
    package static var refusedWithoutWords: Fault { .status(401) }
    /// A dead refresh token that the provider no longer knows.
    package static var forgottenGrant: Fault { .status(404) }
    /// A dead refresh token, refused as if the request were wrong.
    package static var grantRefusedAsRequest: Fault { .oauthError("invalid_request") }
    /// A dead refresh token, refused as if our client were, which Atlassian does with 403.
    package static var grantRefusedAsClient: Fault { .oauthError("unauthorized_client", status: 403) }
    /// An ID token with this many groups; 2,000 make it 90 KB long.
    package static func manyGroups(_ count: Int = 2000) -> Fault {
        .idTokenClaim("groups", .array((0..<count).map { .string("corp-department-\($0)-readers-and-writers") }))
    }
    /// A discovery document with an empty endpoint that a login does not need.
    package static var emptyRevocationEndpoint: Fault { .replace("revocation_endpoint", "") }
    /// A discovery document with a relative endpoint that a login does not need.
    package static var relativeUserInfoEndpoint: Fault { .replace("userinfo_endpoint", "/userinfo") }
    /// A document that has moved.
    package static func moved(to url: String) -> Fault { .status(301, headerFields: ["Location": url]) }
}

// MARK: - Where a fault applies

extension Fault {
    /// Whether the fault can affect the endpoint: a fault without effect would make a test pass for no reason.
    package func applies(to endpoint: EndpointName) -> Bool {
        switch self {
        case .status, .hugeBody, .closeConnection, .hold, .holdResponse, .delay, .dropResponse: true
        case .oauthError: endpoint.hasOAuthErrors
        case .malformedJSON: !endpoint.isForBrowsers
        case .omit, .replace: !endpoint.isForBrowsers || endpoint.isAuthorization
        case .idTokenClaim, .idTokenSignature, .idTokenClock: endpoint == .token
        case .wrongIssuer: [.token, .discovery, .authorization].contains(endpoint)
        case .changedSubject: endpoint == .token || endpoint == .userInfo
        }
    }
}
