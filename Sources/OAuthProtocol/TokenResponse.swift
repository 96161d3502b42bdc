/// RFC 6749 §5.1: the successful answer of the token endpoint (TK-3).
package struct TokenResponse: Sendable, RedactedSecret {
    /// Our JWT.
    package var accessToken: String
    /// `expires_in`.
    package var lifetime: Duration
    /// What was granted; always present, for it may differ from the request (decision 0.2).
    package var scopes: ScopeSet
    /// The successor, when the client may refresh.
    package var refreshToken: RefreshToken?
    /// OpenID Connect Core 1.0 §3.1.3.3, when `openid` was granted.
    package var idToken: String?

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

    /// The JSON body, written directly: every value is in an alphabet that needs no escapes but `scope`, whose
    /// forbidden characters are exactly those that JSON would escape (RFC 6749 Appendix A.4).
    package var body: [UInt8] {
        var text = "{\"access_token\":\""
        text.reserveCapacity(accessToken.utf8.count + 320)
        text += accessToken
        text += "\",\"token_type\":\"Bearer\",\"expires_in\":"
        text += String(lifetime.wholeSeconds)
        text += ",\"scope\":\""
        text += scopes.text
        text += "\""
        if let refreshToken {
            text += ",\"refresh_token\":\""
            text += refreshToken.wireValue
            text += "\""
        }
        if let idToken {
            text += ",\"id_token\":\""
            text += idToken
            text += "\""
        }
        text += "}"
        return Array(text.utf8)
    }
}
