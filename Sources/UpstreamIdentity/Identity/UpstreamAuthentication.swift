package import OAuthProtocol

/// OpenID Connect Core 1.0 §2: how and when a provider authenticated the user, as far as its ID token says so.
///
/// Nothing is made up: OAuth 2.0 knows no such statement, and that a browser came back from a provider says nothing of when
/// its user was last asked there (OP-5).
package struct UpstreamAuthentication: Hashable, Sendable {
    /// `auth_time`: when the provider asked the user last.
    package let authenticatedAt: Timestamp?
    /// `acr`: the level that was reached.
    package let contextClass: String?
    /// `amr`: the methods that were used.
    package let methods: [String]

    /// Longest `acr`, in bytes: it travels in our tokens (JW-4).
    package static let contextClassByteCountMax = 255
    /// Most methods of `amr`.
    package static let methodCountMax = 16
    /// Longest method, in bytes.
    package static let methodByteCountMax = 64

    /// Nothing is known.
    package static let unknown = UpstreamAuthentication(idTokenClaims: [:])

    /// What the claims of an ID token say; what is not of the specified form, or too long, counts as not said.
    package init(idTokenClaims claims: JSONObject) {
        authenticatedAt = claims.date("auth_time")
        contextClass = claims["acr"]?.stringValue.flatMap { text in
            1...Self.contextClassByteCountMax ~= text.utf8.count ? text : nil
        }
        let methods = claims["amr"]?.stringArrayValue ?? []
        let isPlain = methods.allSatisfy { 1...Self.methodByteCountMax ~= $0.utf8.count }
        self.methods = isPlain && methods.count <= Self.methodCountMax ? methods : []
    }

    /// The claims that are the ID token's alone: another answer has no say in them.
    static let claimNames: Set<String> = ["auth_time", "acr", "amr"]
}
