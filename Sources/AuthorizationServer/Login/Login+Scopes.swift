import OAuthProtocol
import OAuthState

/// `allow_scopes`: what the user does not get of the request.
extension Login {
    /// The login with the scopes that are granted.
    ///
    /// The login itself keeps the whole request: what the user consented to is known by it.
    var granted: Login {
        var granted = self
        granted.request.scopes = request.scopes.filter { !withheldScopes.contains($0) }
        return granted
    }
}
