// The words of the configuration for how a provider behaves; each first case is what the specifications describe.

/// What the scopes of a provider's answers mean.
package enum ScopeSemantics: String, CaseIterable, Hashable, Sendable {
    /// RFC 6749 §3.3: they are what the user granted.
    case granted
    /// Nothing: what a token may do follows from permissions that no scope names, as with GitHub Apps and Notion.
    ///
    /// No scope is then demanded, because connecting again could never add it.
    case permissions = "none"
}

/// What separates scopes in requests.
package enum ScopeSeparator: String, CaseIterable, Hashable, Sendable {
    /// RFC 6749 §3.3.
    case space = " "
    /// Linear, and many others.
    case comma = ","
    /// A plus sign, which is sent encoded.
    case plus = "+"
    /// A semicolon.
    case semicolon = ";"
    /// A vertical bar.
    case bar = "|"
}

/// How requests with tokens are written.
package enum TokenRequestFormat: String, CaseIterable, Hashable, Sendable {
    /// RFC 6749 §4.1.3: a form.
    case form
    /// A JSON object: Notion.
    case json
}

/// How id and secret are written for HTTP Basic.
package enum BasicEncoding: String, CaseIterable, Hashable, Sendable {
    /// RFC 6749 §2.3.1: each form-encoded.
    case form
    /// As they are, for providers that compare them undecoded.
    case raw
}

/// RFC 7636: whether the code is bound to a secret of ours.
package enum ProofKeyUse: String, CaseIterable, Hashable, Sendable {
    /// By its SHA-256.
    case s256 = "S256"
    /// Not at all; only our client authentication then protects the code.
    case off
}

/// OpenID Connect Core 1.0 §3.1.2.1: whether the ID token is bound to the browser's login.
package enum NonceUse: String, CaseIterable, Hashable, Sendable {
    /// It must have the nonce that was sent.
    case required
    /// No nonce is sent or expected.
    case off
}

/// Whether a provider tells who the user is.
package enum IdentityUse: String, CaseIterable, Hashable, Sendable {
    /// It does.
    case provided
    /// It does not: its tokens belong to the user whom another provider has identified.
    case absent = "none"
}

/// A parameter of the authorization request with scopes of its own.
package struct UpstreamScopeParameter: Hashable, Sendable {
    /// The parameter's name.
    package var name: String
    /// Its scopes.
    package var scopes: [String]

    /// Makes a parameter.
    package init(name: String, scopes: [String]) {
        self.name = name
        self.scopes = scopes
    }
}
