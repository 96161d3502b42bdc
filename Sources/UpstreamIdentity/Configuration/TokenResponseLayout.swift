import OAuthProtocol

/// The paths to the parts of a token answer; in each list the first path present is used.
package struct TokenResponseLayout: Hashable, Sendable {
    /// RFC 6749 §5.1: `access_token`.
    package var accessToken = ["access_token"]
    /// RFC 6749 §5.1: `token_type`.
    package var tokenType = ["token_type"]
    /// RFC 6749 §5.1: `expires_in`; Zoho's has been in milliseconds, beside `expires_in_sec`.
    package var expiresIn = ["expires_in_sec", "expires_in", "expiresIn"]
    /// When the access token expires; not standardized, but common in place of `expires_in`.
    package var expiresAt = [
        "expires_at", "expiresAt", "expires_on", "expiresOn", "expiry_date", "expiry", "expiration", "expires",
    ]
    /// RFC 6749 §5.1: `refresh_token`.
    package var refreshToken = ["refresh_token"]
    /// The lifetime of the refresh token; not standardized, but common.
    package var refreshExpiresIn = [
        "refresh_token_expires_in", "refresh_expires_in", "x_refresh_token_expires_in",
    ]
    /// RFC 6749 §5.1: `scope`; Bitbucket calls it `scopes`.
    package var scope = ["scope", "scopes"]
    /// OpenID Connect Core 1.0 §3.1.3.3: `id_token`.
    package var idToken = ["id_token"]
    /// Values of `token_type`, in lower case, with which an answer in this layout has none of the user's tokens.
    package var foreignTokenTypes: Set<String> = []

    /// The layout of RFC 6749 §5.1.
    package init() {}

    /// The usual members, below a path that ends in a dot.
    package init(below prefix: String) {
        self.init()
        guard !prefix.isEmpty else { return }
        func below(_ names: [String]) -> [String] { names.map { prefix + $0 } }
        accessToken = below(accessToken)
        tokenType = below(tokenType)
        expiresIn = below(expiresIn)
        expiresAt = below(expiresAt)
        refreshToken = below(refreshToken)
        refreshExpiresIn = below(refreshExpiresIn)
        scope = below(scope)
        idToken = below(idToken)
    }

    /// Whether an answer has the user's access token in this layout.
    func fits(_ json: JSONObject) -> Bool {
        guard json.firstText(at: accessToken) != nil else { return false }
        return json.firstText(at: tokenType).map { !foreignTokenTypes.contains($0.lowercased()) } ?? true
    }
}

/// The operator's paths in a token answer, in place of a preset's; `nil` leaves what the preset or the others say.
package struct TokenResponseOverrides: Hashable, Sendable {
    /// The access token; members that are not configured are looked for beside the first of these paths.
    package var accessToken: [String]?
    /// `token_type`.
    package var tokenType: [String]?
    /// The lifetime in seconds.
    package var expiresIn: [String]?
    /// The moment of expiry.
    package var expiresAt: [String]?
    /// The refresh token.
    package var refreshToken: [String]?
    /// The lifetime of the refresh token in seconds.
    package var refreshExpiresIn: [String]?
    /// The granted scopes.
    package var scope: [String]?
    /// The ID token.
    package var idToken: [String]?

    /// Overrides nothing.
    package init() {}

    /// A layout with these paths.
    ///
    /// Another token's members must not be taken for those of this one, so a configured access token moves the others
    /// with it (Slack's answers have a bot's tokens beside the user's).
    func applied(to layout: TokenResponseLayout) -> TokenResponseLayout {
        var result = layout
        if let path = accessToken?.first {
            result = TokenResponseLayout(below: path.lastIndex(of: ".").map { String(path[...$0]) } ?? "")
        }
        result.accessToken = accessToken ?? result.accessToken
        result.tokenType = tokenType ?? result.tokenType
        result.expiresIn = expiresIn ?? result.expiresIn
        result.expiresAt = expiresAt ?? result.expiresAt
        result.refreshToken = refreshToken ?? result.refreshToken
        result.refreshExpiresIn = refreshExpiresIn ?? result.refreshExpiresIn
        result.scope = scope ?? result.scope
        result.idToken = idToken ?? result.idToken
        return result
    }
}
