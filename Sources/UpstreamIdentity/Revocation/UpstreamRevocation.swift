/// RFC 7009 §2.1: which token is to be revoked.
package enum UpstreamTokenHint: String, Hashable, Sendable {
    /// The refresh token, and at most providers every access token that came of it.
    case refreshToken = "refresh_token"
    /// The access token.
    case accessToken = "access_token"
}

/// What came of a revocation at a provider; forgetting a token here is not revoking it there, so both are told.
package enum UpstreamRevocationResult: String, Hashable, Sendable {
    /// The token is worth nothing at the provider any more.
    case revoked
    /// The provider revokes no such tokens.
    case notOffered = "not_offered"
}
