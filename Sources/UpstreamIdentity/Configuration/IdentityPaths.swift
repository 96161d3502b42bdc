/// Where in a provider's JSON the user stands: in ID token claims, a userinfo answer or a token answer.
///
/// In each list the first path that is present wins. A path is a member's name, or names joined by dots.
package struct IdentityPaths: Hashable, Sendable {
    /// The tenant that gives the subject its meaning (JB-8); with paths here, an answer without tenant is refused.
    package var tenant: [String]
    /// The stable identifier of the account; numbers are kept exact (UP-2).
    package var subject: [String]
    /// What the user calls the account: a login or an address, for pages.
    package var accountName: [String]
    /// The user's name, for pages.
    package var name: [String]
    /// The e-mail address.
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
