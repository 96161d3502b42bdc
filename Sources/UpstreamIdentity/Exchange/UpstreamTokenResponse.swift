import Foundations
package import OAuthProtocol

/// RFC 6749 §5.1: the answer of a provider's token endpoint; prints `<redacted>`.
///
/// Nothing is validated beyond the form of a token answer: the caller makes a rotated refresh token durable first and
/// checks the rest afterwards (VT-4, VR-4).
package struct UpstreamTokenResponse: Sendable, Redacted {
    /// The access token.
    package let accessToken: String
    /// `token_type` in lower case; `nil` when the provider leaves it out.
    package let tokenType: String?
    /// The refresh token; if it is absent, the current one remains valid (VR-3).
    package let refreshToken: String?
    /// The ID token, not yet verified; absent if it is longer than one that is verified.
    package let idToken: String?
    /// `expires_in`; absent if the provider sends none, because no lifetime is invented (VR-5).
    package let lifetime: Duration?
    /// The lifetime of the refresh token, if the provider states it.
    package let refreshTokenLifetime: Duration?
    /// The granted scopes, if the provider states them.
    package let scopes: ScopeSet?
    /// When the answer arrived.
    package let receivedAt: Timestamp
    /// The complete answer, for identities that are part of it.
    let json: JSONObject

    /// When the access token expires, if the provider states it.
    package var accessTokenExpiry: Timestamp? { lifetime.map { receivedAt + $0 } }

    /// When the refresh token expires, if the provider states it.
    package var refreshTokenExpiry: Timestamp? { refreshTokenLifetime.map { receivedAt + $0 } }
}

extension UpstreamTokenResponse {
    /// The longest token that is stored, in bytes.
    static let tokenByteCountMax = 65_536

    /// Reads an answer.
    ///
    /// - Throws: ``UpstreamError`` `invalidResponse` when there is no access token that can be sent in a header.
    init(
        _ json: JSONObject,
        behaviour: UpstreamBehaviour,
        layout: TokenResponseLayout,
        receivedAt: Timestamp
    )
        throws(UpstreamError)
    {
        guard let accessToken = json.firstText(at: layout.accessToken) else {
            throw UpstreamError(.invalidResponse, "the token response has no access token")
        }
        guard UpstreamTokenResponse.isToken(accessToken) else {
            throw UpstreamError(.invalidResponse, "the access token has forbidden characters or is too long")
        }
        self.accessToken = accessToken
        tokenType = json.firstText(at: layout.tokenType)?.lowercased()
        refreshToken = json.firstText(at: layout.refreshToken).flatMap { UpstreamTokenResponse.isToken($0) ? $0 : nil }
        idToken = json.firstText(at: layout.idToken).flatMap { token in
            token.utf8.count <= IDTokenVerifier.byteCountMax ? token : nil
        }
        lifetime = json.firstValue(at: layout.expiresIn).flatMap(UpstreamTokenResponse.lifetime)
        refreshTokenLifetime = json.firstValue(at: layout.refreshExpiresIn).flatMap(UpstreamTokenResponse.lifetime)
        scopes = json.firstValue(at: layout.scope).flatMap {
            UpstreamTokenResponse.scopes($0, separator: behaviour.grantedScopeSeparator)
        }
        self.receivedAt = receivedAt
        self.json = json
    }

    /// RFC 6749 Appendix A.12: tokens are printable ASCII; a line break in one would forge header fields when it is
    /// sent on.
    private static func isToken(_ text: String) -> Bool {
        1...tokenByteCountMax ~= text.utf8.count && text.utf8.allSatisfy { 0x20...0x7E ~= $0 }
    }

    /// `expires_in` as an integer or, as some providers write it, as a string of digits; anything else is treated as
    /// unknown.
    private static func lifetime(_ value: JSONValue) -> Duration? {
        let seconds = value.integerValue ?? value.stringValue.flatMap { Int($0) }
        guard let seconds, 0...lifetimeSecondsMax ~= seconds else { return nil }
        return .seconds(seconds)
    }

    /// A hundred years; longer lifetimes mean "never".
    private static let lifetimeSecondsMax = 3_155_760_000

    /// `scope` as a string with the provider's separator, or as an array of strings.
    private static func scopes(_ value: JSONValue, separator: String) -> ScopeSet? {
        if let text = value.stringValue {
            guard text.utf8.count <= scopeByteCountMax else { return nil }
            return ScopeSet(text.split { String($0) == separator || $0 == " " }.map(String.init))
        }
        guard let names = value.stringArrayValue,
            names.reduce(0, { $0 + $1.utf8.count + 1 }) <= scopeByteCountMax
        else { return nil }
        return ScopeSet(names)
    }

    /// The longest list of scopes, in bytes.
    private static let scopeByteCountMax = 16_384
}
