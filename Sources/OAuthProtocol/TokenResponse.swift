import Foundations

/// RFC 6749 §5.1: the successful answer of the token endpoint (TK-3).
package struct TokenResponse: Sendable, Redacted {
    /// The issued JWT.
    package var accessToken: String
    /// `expires_in`, in seconds.
    package var lifetime: Duration
    /// The granted scope; always present, because it may differ from the request (FD-2).
    package var scopes: ScopeSet
    /// The refresh token, when the client may refresh.
    package var refreshToken: RefreshToken?
    /// RFC 8693 §2.2.1: `issued_token_type`, in answers to token exchange.
    package var issuedTokenType: String?
    /// RFC 9449 §5: whether the access token is bound to a key, which `token_type` says.
    package var isBound = false
    /// OpenID Connect Core 1.0 §3.1.3.3: the ID token, when `openid` was granted.
    package var idToken: String?

    /// draft-ietf-oauth-refresh-token-expiration: how long refresh token and session last; `nil` without a refresh
    /// token.
    package var refreshExpiry: RefreshExpiry?

    /// How long a refresh token can stay unused, and when it ends however much it is used.
    package struct RefreshExpiry: Hashable, Sendable {
        /// `refresh_token_timeout`.
        package let timeout: Duration
        /// `authorization_expires_in`.
        package let authorization: Duration

        /// What remains of both.
        package init(timeout: Duration, authorization: Duration) {
            self.timeout = timeout
            self.authorization = authorization
        }
    }

    /// An answer without refresh and ID token.
    package init(
        accessToken: String,
        lifetime: Duration,
        scopes: ScopeSet,
        refreshToken: RefreshToken? = nil,
        idToken: String? = nil
    ) {
        self.accessToken = accessToken
        self.lifetime = lifetime
        self.scopes = scopes
        self.refreshToken = refreshToken
        self.idToken = idToken
    }

    /// The JSON body, written directly: only `scope` needs escapes, and its forbidden characters are exactly those that
    /// JSON would escape (RFC 6749 Appendix A.4).
    package var body: [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(accessToken.utf8.count + (idToken?.utf8.count ?? 0) + TokenResponse.usualByteCount)
        output.append(contentsOf: #"{"access_token":""#.utf8)
        output.append(contentsOf: accessToken.utf8)
        output.append(contentsOf: (isBound ? #"","token_type":"DPoP""# : #"","token_type":"Bearer""#).utf8)
        output.append(contentsOf: #","expires_in":"#.utf8)
        JSONWriter.append(lifetime.wholeSeconds, to: &output)
        if let refreshExpiry {
            output.append(contentsOf: #","refresh_token_timeout":"#.utf8)
            JSONWriter.append(refreshExpiry.timeout.wholeSeconds, to: &output)
            output.append(contentsOf: #","authorization_expires_in":"#.utf8)
            JSONWriter.append(refreshExpiry.authorization.wholeSeconds, to: &output)
        }
        output.append(contentsOf: #","scope":""#.utf8)
        scopes.append(to: &output)
        if let refreshToken {
            output.append(contentsOf: #"","refresh_token":""#.utf8)
            output.append(contentsOf: refreshToken.wireValue.utf8)
        }
        if let idToken {
            output.append(contentsOf: #"","id_token":""#.utf8)
            output.append(contentsOf: idToken.utf8)
        }
        if let issuedTokenType {
            output.append(contentsOf: #"","issued_token_type":""#.utf8)
            output.append(contentsOf: issuedTokenType.utf8)
        }
        output.append(contentsOf: #""}"#.utf8)
        return output
    }

    /// Space for everything but the tokens, and for the refresh token.
    private static let usualByteCount = 320
}
