package import OAuthProtocol

/// RFC 6749 §5.1: what a provider's token endpoint answered; prints `<redacted>`.
///
/// Nothing in it is validated beyond being a token answer: the caller makes a rotated refresh token durable first and
/// checks the rest afterwards (VT-4, VR-4).
package struct UpstreamTokenResponse: Sendable, RedactedSecret {
    /// The access token.
    package let accessToken: String
    /// `token_type` in lower case; `nil` when the provider leaves it out.
    package let tokenType: String?
    /// The refresh token; absent means that the one at hand stays good (VR-3).
    package let refreshToken: String?
    /// The ID token, not yet believed.
    package let idToken: String?
    /// `expires_in`; absent stays absent, for no lifetime is ever invented (VR-5).
    package let lifetime: Duration?
    /// How long the refresh token lives, where the provider says so.
    package let refreshTokenLifetime: Duration?
    /// What was granted, where the provider says so.
    package let scopes: ScopeSet?
    /// When the answer arrived.
    package let receivedAt: Timestamp
    /// The whole answer, for identities that stand in it.
    let json: JSONObject

    /// When the access token expires, if the provider says so.
    package var accessTokenExpiry: Timestamp? { lifetime.map { receivedAt + $0 } }

    /// When the refresh token expires, if the provider says so.
    package var refreshTokenExpiry: Timestamp? { refreshTokenLifetime.map { receivedAt + $0 } }
}

extension UpstreamTokenResponse {
    /// The longest token that is kept, in bytes.
    static let tokenByteCountMax = 65_536

    /// Reads an answer.
    ///
    /// - Throws: ``UpstreamError`` `invalidResponse` when there is no access token that could be sent in a header.
    init(
        _ json: JSONObject,
        behaviour: UpstreamBehaviour,
        layout: TokenResponseLayout,
        receivedAt: Timestamp
    )
        throws(UpstreamError)
    {
        guard let accessToken = json.firstText(at: layout.accessToken) else {
            throw UpstreamError(.invalidResponse, "the token answer has no access token")
        }
        guard UpstreamTokenResponse.isToken(accessToken) else {
            throw UpstreamError(.invalidResponse, "the access token has forbidden characters or is too long")
        }
        self.accessToken = accessToken
        tokenType = json.firstText(at: layout.tokenType)?.lowercased()
        refreshToken = json.firstText(at: layout.refreshToken).flatMap { UpstreamTokenResponse.isToken($0) ? $0 : nil }
        idToken = json.firstText(at: layout.idToken)
        lifetime = json.firstValue(at: layout.expiresIn).flatMap(UpstreamTokenResponse.lifetime)
        refreshTokenLifetime = json.firstValue(at: layout.refreshExpiresIn).flatMap(UpstreamTokenResponse.lifetime)
        scopes = json.firstValue(at: layout.scope).flatMap {
            UpstreamTokenResponse.scopes($0, separator: behaviour.grantedScopeSeparator)
        }
        self.receivedAt = receivedAt
        self.json = json
    }

    /// RFC 6749 Appendix A.12: tokens are printable ASCII; a line break in one would forge header fields of whoever
    /// sends it on.
    private static func isToken(_ text: String) -> Bool {
        1...tokenByteCountMax ~= text.utf8.count && text.utf8.allSatisfy { 0x20...0x7E ~= $0 }
    }

    /// `expires_in` as an integer or, as some providers write it, as a string of digits; anything else is unknown.
    private static func lifetime(_ value: JSONValue) -> Duration? {
        let seconds = value.integerValue ?? value.stringValue.flatMap { Int($0) }
        guard let seconds, 0...lifetimeSecondsMax ~= seconds else { return nil }
        return .seconds(seconds)
    }

    /// A hundred years; longer is a provider's way of saying never.
    private static let lifetimeSecondsMax = 3_155_760_000

    /// `scope` as a string with the provider's separator, or as an array of strings.
    private static func scopes(_ value: JSONValue, separator: String) -> ScopeSet? {
        if let text = value.stringValue {
            guard text.utf8.count <= scopeByteCountMax else { return nil }
            return ScopeSet(text.split { String($0) == separator || $0 == " " }.map(String.init))
        }
        return value.stringArrayValue.map { ScopeSet($0) }
    }

    private static let scopeByteCountMax = 16_384
}
