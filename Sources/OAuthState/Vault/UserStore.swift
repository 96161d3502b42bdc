package import OAuthProtocol

/// Where users and the identities that they log in by are kept.
package protocol UserStore: Sendable {
    /// The user of an identity, made now if this is the first login; one user, however many logins race (D-63).
    ///
    /// `nil` when the identity is new and there is no room for another user.
    func resolveUser(
        _ login: UserLogin,
        candidate: UserID,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<UserID?>
    /// A user by id.
    func user(_ id: UserID) async throws(StoreError) -> User?
    /// The user of an identity, if it is known; no user is made.
    func userID(of identity: IdentityKey) async throws(StoreError) -> UserID?
}

/// Who logged in at an upstream provider.
package struct UserLogin: Hashable, Sendable {
    package var identity: IdentityKey
    /// What the provider says the person is called.
    package var name: String?
    /// The address, only if the provider says that it verified it.
    package var verifiedEmail: String?

    /// A login.
    package init(identity: IdentityKey, name: String?, verifiedEmail: String?) {
        self.identity = identity
        self.name = name
        self.verifiedEmail = verifiedEmail
    }
}
