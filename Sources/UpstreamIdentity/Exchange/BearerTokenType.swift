/// RFC 6749 §7.1: which values of `token_type` mean a token that is sent as a bearer token.
package enum BearerTokenType {
    /// The usual words, without case and punctuation: Slack has `user` and `bot`, others `BearerToken` or `OAuth2`.
    private static let words: Set<String> = [
        "bearer", "bearertoken", "bearerauth", "user", "bot", "app", "oauth", "oauth2", "token", "accesstoken", "jwt",
        "bearerjwt", "jwtbearer", "usertoken", "apitoken",
    ]

    /// Types that need a proof beside the token, which we do not have: never a bearer token, whatever is configured
    /// (RFC 9449 §7.1).
    package static let proofTypes: Set<String> = ["mac", "dpop", "pop", "hmac", "signed", "hotk"]

    /// Whether a type, in lower case, means a bearer token; `further` are the words of one provider.
    static func accepts(_ type: String, further: Set<String>) -> Bool {
        guard !proofTypes.contains(type) else { return false }
        if further.contains(type) { return true }
        // RFC 8693 §3 names types of tokens by such URIs.
        let prefix = "urn:ietf:params:oauth:token-type:"
        let word = type.hasPrefix(prefix) ? String(type.dropFirst(prefix.count)) : type
        return words.contains(word.filter { $0.isLetter || $0.isNumber })
    }
}
