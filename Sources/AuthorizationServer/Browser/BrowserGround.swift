import OAuthProtocol
import OpenSSLCrypto

/// What every endpoint for browsers needs to answer one.
struct BrowserGround: Sendable {
    /// This server.
    let issuer: Issuer
    /// Writes and reads our cookies.
    let cookies: BrowserCookies
    /// Renders our pages.
    let pages: PageRenderer
    /// Who is logged in with a browser.
    let logins: BrowserLogins
    /// How many logins one source may begin.
    let limit: AuthorizationLimit
    /// Creates states, bindings and codes.
    let random: any RandomSource

    /// How an authorization request is refused.
    var refusals: AuthorizationRefusals { AuthorizationRefusals(issuer: issuer, pages: pages) }
}
