package import OAuthProtocol

/// Stores users and their login identities.
package protocol UserStore: Sendable {
    /// The user of an identity, created now if this is the first login; one user, however many logins race (D-63).
    ///
    /// `nil` when the identity is new and the table of users is full.
    func resolveUser(
        _ login: UserLogin,
        candidate: UserID,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<UserID?>
    /// A user by id.
    func user(_ id: UserID) async throws(StoreError) -> User?
    /// The user of an identity, if it is known; creates none.
    func userID(of identity: IdentityKey) async throws(StoreError) -> UserID?
    /// Ends every browser login of a user by starting a new login epoch; false when there is no such user.
    func endLogins(of id: UserID) async throws(StoreError) -> Receipt<Bool>
}

/// The account that logged in at an upstream provider.
package struct UserLogin: Hashable, Sendable {
    package var identity: IdentityKey
    /// The person's name according to the provider.
    package var name: String?
    /// The address, only if the provider has verified it.
    package var verifiedEmail: String?

    /// A login.
    package init(identity: IdentityKey, name: String?, verifiedEmail: String?) {
        self.identity = identity
        self.name = name
        self.verifiedEmail = verifiedEmail
    }
}
