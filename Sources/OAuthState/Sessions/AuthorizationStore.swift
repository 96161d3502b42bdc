/// All stores from a login to a session, for implementations that keep them together.
package typealias AuthorizationStore = LoginStore & SessionStore & ConsentStore & AccessTokenStore
