/// Everything of the way from a login to a session, for stores that keep it together.
package typealias AuthorizationStore = LoginStore & SessionStore & ConsentStore & AccessTokenStore
