import OAuthProtocol

/// `allow_scopes`: what the user does not get of the request.
///
/// The request itself stays as it was: what the user consented to is known by it.
extension LoginProgress {
    // A login through several providers is stored between them, with its claims. A claim that an operator maps has no
    // such name.
    private static let member = "\u{1}withheld_scopes"

    /// The scopes that are withheld.
    var withheldScopes: ScopeSet {
        get { ScopeSet(claims[Self.member]?.stringArrayValue ?? []) }
        set { claims[Self.member] = newValue.isEmpty ? nil : .strings(newValue.tokens) }
    }

    /// The request with the scopes that are granted.
    var grantedRequest: AuthorizationRequest {
        let withheld = withheldScopes
        guard !withheld.isEmpty else { return request }
        var granted = request
        granted.scopes = request.scopes.filter { !withheld.contains($0) }
        return granted
    }

    /// The claims that go into our tokens.
    var tokenClaims: JSONObject {
        var claims = claims
        claims[Self.member] = nil
        return claims
    }
}
