package import OAuthProtocol

/// Something that goes wrong with one request, because a test has asked for it.
package enum Fault: Sendable {
    // MARK: Instead of the answer; nothing is performed

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

    // MARK: At another time

    /// Nothing happens until the gate is opened.
    case hold(ResponseGate)
    /// All happens at once, but the answer waits until the gate is opened.
    case holdResponse(ResponseGate)
    /// Nothing happens for this long, by the real clock: for people who watch, not for tests.
    case delay(Duration)
    /// All happens, codes are used up and refresh tokens rotated, and then the connection ends without an answer.
    case dropResponse

    // MARK: In another form

    /// This member of the JSON answer, or parameter of the redirect, is missing.
    case omit(String)
    /// This member of the JSON answer, or parameter of the redirect, has this value.
    case replace(String, JSONValue)
    /// This claim of the ID token has this value; `nil` for none.
    case idTokenClaim(String, JSONValue?)
    /// The ID token is signed so.
    case idTokenSignature(Forgery)
    /// Discovery, redirect or ID token names this issuer.
    case wrongIssuer(String)
    /// Userinfo or ID token names this subject.
    case changedSubject(String)

    /// Ways of signing that nobody should accept.
    package enum Forgery: Sendable, Hashable, CaseIterable {
        /// `none`, without a signature.
        case algorithmNone
        /// `HS256`, with the published key as the shared secret.
        case algorithmHS256
        /// By a key that is not published, under its own name.
        case unknownKeyID
        /// By a key that is not published, under the name of the one that is.
        case foreignKey
        /// By the right key, and then the payload was changed.
        case changedPayload
    }
}

// MARK: - The usual ones by name

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
    /// A page of a proxy that stands in between, under status 200.
    package static var page: Fault {
        .status(200, headerFields: ["Content-Type": "text/html"], body: "<!doctype html><title>Please wait</title>")
    }
    /// No `expires_in`.
    package static var omitExpiresIn: Fault { .omit("expires_in") }
    /// No `refresh_token`.
    package static var omitRefreshToken: Fault { .omit("refresh_token") }
    /// The refresh token is rotated and the answer lost.
    package static var rotateAndDropResponse: Fault { .dropResponse }
    /// No `id_token`.
    package static var missingIDToken: Fault { .omit("id_token") }
    /// An ID token with somebody else's nonce.
    package static var wrongNonce: Fault { .idTokenClaim("nonce", "another-nonce") }
    /// An ID token without a nonce.
    package static var missingNonce: Fault { .idTokenClaim("nonce", nil) }
    /// An ID token for another client.
    package static var wrongAudience: Fault { .idTokenClaim("aud", "another-client") }
    /// An ID token that names another issuer.
    package static var wrongIssuer: Fault { .wrongIssuer("https://other.example.com") }
    /// An ID token that has expired long ago.
    package static var expiredIDToken: Fault { .idTokenClaim("exp", 1_000_000_000) }
    /// An ID token from the future.
    package static var idTokenFromTheFuture: Fault { .idTokenClaim("iat", 4_000_000_000) }
    /// An ID token that goes with another access token.
    package static var wrongAccessTokenHash: Fault { .idTokenClaim("at_hash", "AAAAAAAAAAAAAAAAAAAAAA") }
    /// An unsigned ID token.
    package static var algorithmNone: Fault { .idTokenSignature(.algorithmNone) }
    /// An ID token whose shared secret is the public key.
    package static var algorithmHS256: Fault { .idTokenSignature(.algorithmHS256) }
    /// An ID token by a key that is not published.
    package static var unknownKeyID: Fault { .idTokenSignature(.unknownKeyID) }
}

// MARK: - Where it makes sense

extension Fault {
    /// Whether the endpoint can do it: a fault that changes nothing would let a test pass for nothing.
    package func applies(to endpoint: EndpointName) -> Bool {
        switch self {
        case .status, .hugeBody, .closeConnection, .hold, .holdResponse, .delay, .dropResponse: true
        case .oauthError: endpoint.hasOAuthErrors
        case .malformedJSON: !endpoint.isForBrowsers
        case .omit, .replace: !endpoint.isForBrowsers || endpoint.isAuthorization
        case .idTokenClaim, .idTokenSignature: endpoint == .token
        case .wrongIssuer: [.token, .discovery, .authorization].contains(endpoint)
        case .changedSubject: endpoint == .token || endpoint == .userInfo
        }
    }
}
