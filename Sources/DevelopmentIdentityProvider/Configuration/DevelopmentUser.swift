package import OAuthProtocol

/// A person who can sign in at the provider, without a password.
package struct DevelopmentUser: Sendable, Hashable {
    /// The `sub` of ID tokens, and the name by which tests and the sign-in page choose the user.
    package var subject: String
    /// The full name.
    package var name: String
    /// The e-mail address; `nil` for a user who has none.
    package var email: String?
    /// Whether the provider has verified the e-mail address.
    package var isEmailVerified: Bool
    /// The `id` of the OAuth 2.0 flavour, a JSON number; a value beyond 2^53 exposes readers that use a float.
    package var numericID: Int64
    /// The `login` of the OAuth 2.0 flavour and the `preferred_username` of OpenID Connect.
    package var login: String
    /// Further claims for ID tokens and userinfo, such as `oid` or `groups`; they replace claims of the same name.
    package var additionalClaims: JSONObject

    /// Makes a user.
    package init(
        subject: String,
        name: String,
        email: String? = nil,
        isEmailVerified: Bool = true,
        numericID: Int64,
        login: String? = nil,
        additionalClaims: JSONObject = [:]
    ) {
        self.subject = subject
        self.name = name
        self.email = email
        self.isEmailVerified = isEmailVerified
        self.numericID = numericID
        self.login = login ?? subject
        self.additionalClaims = additionalClaims
    }

    /// Whether a `login_hint` means this user.
    func answers(to hint: String) -> Bool {
        hint == subject || hint == email || hint == login
    }
}

extension DevelopmentUser {
    /// Ada Lovelace: a verified e-mail address, and an id that no double-precision number can hold.
    package static let ada = DevelopmentUser(
        subject: "ada",
        name: "Ada Lovelace",
        email: "ada@example.com",
        numericID: 9_007_199_254_740_993
    )

    /// Grace Hopper: her e-mail address is not verified, so it must not identify her.
    package static let grace = DevelopmentUser(
        subject: "grace",
        name: "Grace Hopper",
        email: "grace@example.com",
        isEmailVerified: false,
        numericID: 1_906
    )
}
