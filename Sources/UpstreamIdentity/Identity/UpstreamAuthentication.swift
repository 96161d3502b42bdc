package import OAuthProtocol

/// OpenID Connect Core 1.0 §2: how and when a provider authenticated the user, according to its ID token.
///
/// Nothing is invented: OAuth 2.0 has no such statement, and a browser's return from a provider does not show when the
/// user was last authenticated there (OP-5).
package struct UpstreamAuthentication: Hashable, Sendable {
    /// `auth_time`: when the provider last authenticated the user.
    package let authenticatedAt: Timestamp?
    /// `acr`: the authentication level.
    package let contextClass: String?
    /// `amr`: the authentication methods.
    package let methods: [String]

    /// The longest `acr`, in bytes: it is copied into our tokens (JW-4).
    package static let contextClassByteCountMax = 255
    /// The most methods of `amr`.
    package static let methodCountMax = 16
    /// The longest method, in bytes.
    package static let methodByteCountMax = 64

    /// No statement.
    package static let unknown = UpstreamAuthentication(idTokenClaims: [:])

    /// The statement in the claims of an ID token; values of another form, or too long, count as absent.
    package init(idTokenClaims claims: JSONObject) {
        authenticatedAt = claims.date("auth_time")
        contextClass = claims["acr"]?.stringValue.flatMap { text in
            1...Self.contextClassByteCountMax ~= text.utf8.count ? text : nil
        }
        let methods = claims["amr"]?.stringArrayValue ?? []
        let isPlain = methods.allSatisfy { 1...Self.methodByteCountMax ~= $0.utf8.count }
        self.methods = isPlain && methods.count <= Self.methodCountMax ? methods : []
    }

    /// The claims that only an ID token may state.
    static let claimNames: Set<String> = ["auth_time", "acr", "amr"]
}
