import HTTPTypes
import OAuthProtocol
import OAuthState
import SocketHTTP

/// A browser's pages about a user's connections; the user is the one who last signed in with it.
struct ConnectionPages: Sendable {
    let vault: any VaultStore
    let upstreams: UpstreamDirectory
    let flow: PageLoginFlow
    let forms: PageForm
    let logins: LoginSealing
    let cookies: BrowserCookies
    let pages: PageRenderer

    /// The user who is signed in with this browser.
    func userID(_ request: Request, now: Timestamp) -> UserID? {
        cookies.login(request).flatMap { logins.open($0, now: now) }
    }

    /// The page of connections, or the sign-in page.
    func overview(_ request: Request, _ context: RequestContext) async -> Response {
        do throws(OAuthError) {
            guard let userID = userID(request, now: context.now),
                let user = try await OAuthError.attempt(await vault.user(userID))
            else {
                return try signIn(ConnectionsPage.path, "to see your connections", request, context)
            }
            return try await overview(of: user, request, context)
        } catch {
            return failure(error)
        }
    }

    private func overview(
        of user: User,
        _ request: Request,
        _ context: RequestContext
    ) async throws(OAuthError) -> Response {
        let (ticket, cookie) = try forms.ticket(for: user.id, request, now: context.now)
        let connections = try await OAuthError.attempt(await vault.connections(of: user.id))
        let listing = ConnectionListing(connections, among: upstreams.names)
        var response = pages.connections(
            // Including those of upstreams that are no longer configured, which must remain endable.
            ConnectionsPage(
                userName: user.name,
                connections: connections,
                missing: listing.missing,
                ticket: ticket
            )
        )
        response.setCookies([cookie])
        return response
    }

    /// The sign-in page.
    func signIn(
        _ path: String,
        _ purpose: String,
        _ request: Request,
        _ context: RequestContext
    ) throws(OAuthError) -> Response {
        let (ticket, cookie) = try forms.ticket(for: nil, request, now: context.now)
        var response = pages.signIn(
            SignInPage(path: path, purpose: purpose, upstreams: upstreams.names, ticket: ticket)
        )
        response.setCookies([cookie])
        return response
    }

    /// Forgets the signed-in user, and shows the page again.
    func signOut(_ request: Request, returningTo url: String) -> Response {
        var response = Response.redirect(to: url, after: request.method)
        response.setCookies([cookies.removingLogin()])
        return response
    }

    /// The page of an error that prevented another page.
    func failure(_ error: OAuthError) -> Response {
        pages.notice(
            NoticePage(title: "The request failed", text: "<p>\(error.description).</p>"),
            status: error.pageStatus
        )
    }
}
