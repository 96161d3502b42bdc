import OAuthProtocol
import OAuthState
import OpenSSLCrypto

/// OpenID Connect Core 1.0 §15.1: the RS256 key for ID tokens, which follows the rules of the main one.
///
/// Its successor is created only when it is due, because an RSA key takes long.
extension SigningKeyRotation {
    /// Creates the key for ID tokens, unless there is one.
    func prepareIDTokenKey(now: Timestamp) async throws {
        // An earlier attempt may have made it without knowing that it holds.
        guard try await idTokenKey(.active) == nil else { return try await publish() }
        try await install(.active, now: now)
    }

    /// Publishes a successor of the key for ID tokens, if it has none.
    private func prepareIDTokenSuccessor(now: Timestamp) async throws {
        guard try await idTokenKey(.active) != nil, try await idTokenKey(.next) == nil else { return }
        try await install(.next, now: now)
    }

    /// Replaces the key for ID tokens, if there is one; a key without a successor gets one first, unless the rotation
    /// is forced.
    func rotateIDTokenKey(force: Bool, now: Timestamp) async throws {
        guard try await idTokenKey(.active) != nil else { return }
        if force { try await prepareIDTokenSuccessor(now: now) }
        let successor = try await generate(.rs256, .idToken, .next, now: now)
        _ = try await store.rotate(successor: successor, publishedBy: publishedBy(force, now), now: now).outcome
        try await publish()
    }

    /// Creates the successor of a key that has signed for the interval, and lets it sign once it has been published
    /// long enough (MD-9).
    func performDueForIDTokens(now: Timestamp) async throws {
        guard let active = try await idTokenKey(.active), now - active.activeSince >= interval else { return }
        guard let next = try await idTokenKey(.next) else { return try await install(.next, now: now) }
        guard now - next.publishedAt >= ServerKeys.publicationAge else { return }
        try await rotateIDTokenKey(force: false, now: now)
    }

    private func idTokenKey(_ state: StoredSigningKey.State) async throws(StoreError) -> StoredSigningKey? {
        try await store.generation().signingKeys.first { $0.purpose == .idToken && $0.state == state }
    }

    private func install(_ state: StoredSigningKey.State, now: Timestamp) async throws {
        try await store.install(try await generate(.rs256, .idToken, state, now: now), now: now).outcome
        try await publish()
    }
}
