/// The paths to a user's properties in a provider's JSON: in ID token claims, a userinfo answer or a token answer.
///
/// In each list the first path that is present is used. A path is a member's name, or names joined by dots.
package struct IdentityPaths: Hashable, Sendable {
    /// The tenant that the subject is relative to (JB-8); if paths are given, an answer without tenant is refused.
    package var tenant: [String]
    /// The stable identifier of the account; numbers are kept exact (UP-2).
    package var subject: [String]
    /// The account's name for the user, such as a login or an address; shown on pages.
    package var accountName: [String]
    /// The user's name; shown on pages.
    package var name: [String]
    /// The user's e-mail address.
    package var email: [String]

    /// Paths with OpenID Connect's names (OpenID Connect Core 1.0 §5.1).
    package init(
        tenant: [String] = [],
        subject: [String] = ["sub"],
        accountName: [String] = ["preferred_username", "email"],
        name: [String] = ["name"],
        email: [String] = ["email"]
    ) {
        self.tenant = tenant
        self.subject = subject
        self.accountName = accountName
        self.name = name
        self.email = email
    }
}
