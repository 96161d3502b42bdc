import UpstreamIdentity

/// RFC 7009: revokes tokens at the provider that issued them; forgetting them here would leave them valid there
/// (VX-11).
package struct ProviderRevocation: Sendable {
    let provider: UpstreamProvider

    /// The result, as the user sees it.
    package enum Result: String, Hashable, Sendable {
        /// The tokens are no longer valid.
        case revoked
        /// The provider has no way to revoke them; the user can do so on the provider's own pages.
        case notOffered = "not_offered"
        /// The provider was unavailable or refused: the tokens may still be valid there.
        case failed
        /// The provider is no longer configured, so it was not asked.
        case notConfigured = "not_configured"
    }

    /// Revokes the refresh token, and the access token too, because not every provider ends it with the first.
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
