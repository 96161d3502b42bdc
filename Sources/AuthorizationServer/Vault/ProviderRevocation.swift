import UpstreamIdentity

/// RFC 7009: ends tokens at the provider that issued them; forgetting them here would leave them good there
/// (VX-11).
package struct ProviderRevocation: Sendable {
    let provider: UpstreamProvider

    /// What came of it, for the user who asked.
    package enum Result: String, Hashable, Sendable {
        /// The tokens are worth nothing any more.
        case revoked
        /// The provider has no way to revoke them; the user can do so on the provider's own pages.
        case notOffered = "not_offered"
        /// The provider could not be reached or refused: the tokens may still be good there.
        case failed
        /// The provider is not configured any more, so nobody was asked.
        case notConfigured = "not_configured"
    }

    /// Revokes the refresh token, and the access token too, for not every provider ends it with the first.
    package func revoke(accessToken: String?, refreshToken: String?) async -> Result {
        var results: [Result] = []
        if let refreshToken { results.append(await revoke(refreshToken, .refreshToken)) }
        if let accessToken { results.append(await revoke(accessToken, .accessToken)) }
        if results.contains(.failed) { return .failed }
        return results.contains(.revoked) ? .revoked : .notOffered
    }

    private func revoke(_ token: String, _ hint: UpstreamTokenHint) async -> Result {
        do {
            return try await provider.revoke(token: token, hint: hint) == .revoked ? .revoked : .notOffered
        } catch {
            return .failed
        }
    }
}
