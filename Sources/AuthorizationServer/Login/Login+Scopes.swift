import OAuthProtocol
import OAuthState

/// `allow_scopes`: what the user does not get of the request.
///
/// The request itself stays as it was: what the user consented to is known by it.
extension Login {
    // A login through several providers is stored between them, with its claims. A claim that an operator maps has no
    // such name.
    private static let member = "\u{1}withheld_scopes"

    /// The scopes that are withheld.
    var withheldScopes: ScopeSet {
        get { ScopeSet(claims[Self.member]?.stringArrayValue ?? []) }
        set { claims[Self.member] = newValue.isEmpty ? nil : .strings(newValue.tokens) }
    }

    /// The login with the scopes that are granted, and the claims that go into our tokens.
    var granted: Login {
        let withheld = withheldScopes
        guard !withheld.isEmpty else { return self }
        var granted = self
        granted.request.scopes = request.scopes.filter { !withheld.contains($0) }
        granted.claims[Self.member] = nil
        return granted
    }
}
