import OAuthProtocol
import OpenSSLCrypto

/// Seals what browsers and clients keep for this server.
struct BrowserSeals: Sendable {
    /// What a consent page asked.
    let tickets: ConsentTicketSealing
    /// Who logged in with a browser.
    let logins: BrowserLoginSealing
    /// The forms, links and logins of our own pages.
    let pages: PageSealing
    /// Requests that clients have pushed.
    let pushedRequests: PushedRequestSealing
    /// Which session a delegated token comes from.
    let origins: SessionOrigins

    /// Seals under keys that are derived from the root secret.
    init(rootSecret: [UInt8], random: any RandomSource) throws {
        tickets = try ConsentTicketSealing(secret: rootSecret, random: random)
        logins = try BrowserLoginSealing(secret: rootSecret, random: random)
        pages = try PageSealing(secret: rootSecret, random: random)
        pushedRequests = try PushedRequestSealing(secret: rootSecret, random: random)
        origins = try SessionOrigins(secret: rootSecret, random: random)
    }
}
