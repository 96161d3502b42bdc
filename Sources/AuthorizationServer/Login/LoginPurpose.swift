import OAuthState

/// What a browser is sent to a provider for.
enum LoginPurpose: Sendable {
    /// A code for a client: a login of one or more legs.
    case client(Login)
    /// One of our own pages.
    case page(PageLogin.Purpose)
}
