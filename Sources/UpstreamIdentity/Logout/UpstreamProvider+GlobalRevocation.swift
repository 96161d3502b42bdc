package import OAuthProtocol

/// What authenticates a provider that asks for the end of a user's sessions; the request says which user.
package struct GlobalRevocationToken: Hashable, Sendable {
    /// `jti`: the caller stores it until ``expiry`` and refuses a repeat.
    package let tokenID: String
    /// When the token expires, at most an hour from now.
    package let expiry: Timestamp

    /// The `typ` that such a token has (Okta Universal Logout); no other token of a provider has it.
    package static let type = "global-token-revocation+jwt"

    /// The longest remaining lifetime: the identifiers of all valid tokens are kept.
    static let lifetimeMax = Duration.seconds(3600)
}

/// Global Token Revocation (draft-parecki-oauth-global-token-revocation), as Okta's Universal Logout authenticates:
/// with a JWT that the provider signs for our endpoint.
extension UpstreamProvider {
    /// Verifies such a token with the provider's keys, except for the replay of `jti`, which the caller checks.
    ///
    /// The endpoint is the only audience: a token for another application of the same provider ends nothing here, and
    /// neither does an ID or logout token, whose audience is our client id and whose `typ` is another.
    ///
    /// - Parameters:
    ///   - token: The bearer token of the request.
    ///   - endpoint: The URL of our endpoint, byte for byte as our metadata has it.
    /// - Returns: What the token says.
    /// - Throws: ``UpstreamError`` `invalidIDToken`, to be answered with 401, or the failure of fetching the keys.
    package func verifyGlobalRevocationToken(
        _ token: String,
        endpoint: String
    ) async throws(UpstreamError) -> GlobalRevocationToken {
        let notice = try await verifiedNotice(token, types: [GlobalRevocationToken.type]) {
            (registered, claims, verifier) throws(UpstreamError) in
            try verifier.checkIssuer(registered, claims)
            guard registered.audience.count == 1, registered.audience[0].hasSameBytes(as: endpoint) else {
                throw UpstreamError(.invalidIDToken, "the claim aud is not the URL of this endpoint alone")
            }
        }
        guard notice.expiry - timeSource.now() <= GlobalRevocationToken.lifetimeMax else {
            throw UpstreamError(.invalidIDToken, "the token is valid for more than an hour")
        }
        return GlobalRevocationToken(tokenID: notice.tokenID, expiry: notice.expiry)
    }
}
