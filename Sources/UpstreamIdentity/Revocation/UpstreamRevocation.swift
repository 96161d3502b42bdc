/// RFC 7009 §2.1: which token is to be revoked.
package enum UpstreamTokenHint: String, Hashable, Sendable {
    /// The refresh token and, at most providers, every access token issued for it.
    case refreshToken = "refresh_token"
    /// The access token.
    case accessToken = "access_token"
}

/// The result of a revocation at a provider.
///
/// Forgetting a token here does not revoke it there, so both are reported.
package enum UpstreamRevocationResult: String, Hashable, Sendable {
    /// The token is no longer valid at the provider.
    case revoked
    /// The provider does not revoke such tokens.
    case notOffered = "not_offered"
}
