import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// A browser in which a user has signed in.
struct BrowserSession: Sendable {
    /// The name of its cookie.
    static let cookieName = "development_idp_session"

    let id: String
    let subject: String
    let authenticatedAt: Timestamp

    /// The session that the request's cookie names.
    static func current(of request: Request, _ context: ProviderContext) async -> BrowserSession? {
        guard let id = identifier(in: request), let entry = await context.state.browserSession(id) else { return nil }
        return BrowserSession(id: id, subject: entry.subject, authenticatedAt: entry.authenticatedAt)
    }

    /// Stores which user has signed in.
    static func begin(subject: String, _ context: ProviderContext) async -> BrowserSession {
        let id = context.randomText(prefix: "sid_")
        let now = context.now
        await context.state.rememberBrowser(id, subject: subject, now: now)
        return BrowserSession(id: id, subject: subject, authenticatedAt: now)
    }

    /// The session's id in the request's cookies.
    static func identifier(in request: Request) -> String? {
        for field in request.values(of: .cookie) {
            for pair in field.split(separator: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1)
                guard parts.count == 2, parts[0].drop(while: { $0 == " " }) == BrowserSession.cookieName else {
                    continue
                }
                return String(parts[1])
            }
        }
        return nil
    }

    /// The field that sets the cookie.
    var setCookie: String { "\(BrowserSession.cookieName)=\(id); Path=/; HttpOnly; SameSite=Lax" }

    /// The field that removes the cookie.
    static let removeCookie = "\(cookieName)=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
}
