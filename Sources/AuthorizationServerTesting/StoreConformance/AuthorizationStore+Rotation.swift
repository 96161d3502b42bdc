package import OAuthProtocol
package import OAuthState

/// For tests of the store alone: a grant must say under which conditions a session goes on (RI-1).
extension SessionStore {
    /// Uses a refresh token while the session's resource is registered and needs no upstream.
    package func rotate(
        _ use: RefreshTokenUse,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<RotationOutcome> {
        let resource = try await session(use.family, now: now)?.resource ?? ""
        return try await rotate(use, under: RefreshConditions(neededUpstreams: [resource: []]), now: now)
    }
}
