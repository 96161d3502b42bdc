package import OAuthProtocol
package import OAuthState
package import SocketHTTP

/// Who is logged in with a browser: what its cookie says, if the user's logins have not been ended since.
///
/// The cookie is the credential, and a copy of it is as good as the original. Therefore each use compares its epoch
/// with the user's, which a sign-out everywhere, a provider's logout and an administrator advance.
package struct BrowserLogins: Sendable {
    private let sealing: BrowserLoginSealing
    private let cookies: BrowserCookies
    private let users: any UserStore

    /// For how long a login suffices to connect or disconnect an account.
    ///
    /// A copied cookie must not become a planted account, which agents of the user would then write to.
    package static let freshness: Duration = .seconds(600)

    /// Logins of the users in a store.
    package init(sealing: BrowserLoginSealing, cookies: BrowserCookies, users: any UserStore) {
        self.sealing = sealing
        self.cookies = cookies
        self.users = users
    }

    /// A user who is logged in.
    package struct Visitor: Sendable {
        /// The user.
        package let user: User
        /// When the user logged in with this browser.
        package let signedInAt: Timestamp

        /// Whether that was recently enough to change connections.
        package func isFresh(now: Timestamp) -> Bool {
            now < signedInAt + BrowserLogins.freshness
        }
    }

    /// The user who is logged in with the browser of a request; `nil` for none, and for one whose logins were ended.
    package func visitor(_ request: Request, now: Timestamp) async throws(StoreError) -> Visitor? {
        guard let login = cookies.login(request).flatMap({ sealing.open($0, now: now) }),
            let user = try await users.user(login.userID), user.loginEpoch == login.epoch
        else { return nil }
        return Visitor(user: user, signedInAt: login.signedInAt)
    }

    /// The cookie of a user who has just logged in.
    ///
    /// - Throws: `server_error` when it cannot be sealed, `temporarily_unavailable` when the store fails.
    func cookie(for userID: UserID, now: Timestamp) async throws(OAuthError) -> String {
        guard let user = try await OAuthError.attempt(await users.user(userID)) else {
            throw OAuthError(.serverError, "the user no longer exists")
        }
        do {
            let login = BrowserLogin(userID: userID, epoch: user.loginEpoch, signedInAt: now)
            return cookies.settingLogin(try sealing.seal(login), lifetime: BrowserLoginSealing.lifetime)
        } catch {
            throw OAuthError(.serverError, "the login could not be stored")
        }
    }
}
