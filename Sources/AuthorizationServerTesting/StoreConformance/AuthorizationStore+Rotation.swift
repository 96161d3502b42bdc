package import OAuthProtocol
package import OAuthState

/// For tests of the store alone: a grant must say what it permits (RI-1).
extension AuthorizationStore {
    /// Uses a refresh token whatever the rest of a server would say.
    package func rotate(_ use: RefreshTokenUse, now: Timestamp) async -> Recorded<RotationOutcome> {
        await rotate(use, now: now) { _ in true }
    }
}
