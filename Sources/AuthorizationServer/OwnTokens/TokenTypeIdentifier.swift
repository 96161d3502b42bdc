/// RFC 8693 §3: the token types that requests and answers of token exchange name.
enum TokenTypeIdentifier {
    static let accessToken = "urn:ietf:params:oauth:token-type:access_token"
    static let jwt = "urn:ietf:params:oauth:token-type:jwt"
    static let upstreamAccessToken = "urn:x-gatehouse:token-type:upstream-access-token"
}
