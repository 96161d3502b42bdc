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
    /// The lifetime, from `expires_in` or a moment; absent if the provider states none, because no lifetime is invented
    /// (VR-5).
    package let lifetime: Duration?
    /// The lifetime of the refresh token, if the provider states it.
    package let refreshTokenLifetime: Duration?
    /// The granted scopes, if the provider states them and they mean anything.
    package let scopes: ScopeSet?
    /// The fields beside the token that the provider's API needs, as far as the answer has them.
    package let fields: JSONObject
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
    static let tokenByteCountMax = 131_072

    /// What the reading of an answer depends on.
    struct Reading {
        /// How the provider differs from the specifications.
        var behaviour: UpstreamBehaviour
        /// The layouts that the answer may have; the first that fits is used.
        var layouts: [TokenResponseLayout]
        /// The scopes that were requested.
        var requestedScopes: ScopeSet
        /// Whether there is a refresh token if the answer has none.
        var hasRefreshToken = false
    }

    /// Reads an answer.
    ///
    /// - Throws: ``UpstreamError`` `invalidResponse` when there is no access token that can be sent in a header.
    init(_ json: JSONObject, _ reading: Reading, receivedAt: Timestamp) throws(UpstreamError) {
        guard let layout = reading.layouts.first(where: { $0.fits(json) }),
            let accessToken = json.firstText(at: layout.accessToken)
        else {
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
        lifetime = TokenExpiry.lifetime(
            in: json,
            layout: layout,
            hasRefreshToken: refreshToken != nil || reading.hasRefreshToken,
            receivedAt: receivedAt
        )
        refreshTokenLifetime = TokenExpiry.refreshLifetime(in: json, layout: layout)
        let granted = GrantedScopes(
            separator: reading.behaviour.grantedScopeSeparator,
            requested: reading.requestedScopes
        )
        scopes =
            switch reading.behaviour.scopeSemantics {
            case .granted: json.firstValue(at: layout.scope).flatMap(granted.read)
            case .permissions: .empty
            }
        fields = UpstreamFields.picked(reading.behaviour.extras, from: [json])
        self.receivedAt = receivedAt
        self.json = json
    }

    /// RFC 6749 Appendix A.12: tokens are printable ASCII; a line break in one would forge header fields when it is
    /// sent on.
    private static func isToken(_ text: String) -> Bool {
        1...tokenByteCountMax ~= text.utf8.count && text.utf8.allSatisfy { 0x20...0x7E ~= $0 }
    }
}
