import HTTPTypes
import OAuthProtocol
import OAuthState
import SocketHTTP

/// A browser's pages about a user's connections; the user is the one who last signed in with it.
struct UserPages: Sendable {
    let vault: any VaultStore
    let upstreams: UpstreamDirectory
    let logins: Logins
    let access: UserAccess
    let forms: PageForm
    let browser: BrowserGround

    /// Records what users do on these pages.
    var audit: AuditTrail { access.applications.audit }

    /// The user who is signed in with this browser.
    func visitor(_ request: Request, now: Timestamp) async throws(OAuthError) -> BrowserLogins.Visitor? {
        try await OAuthError.attempt(await browser.logins.visitor(request, now: now))
    }

    /// The page of connections, or the sign-in page.
    func overview(_ request: Request, _ context: RequestContext) async -> Response {
        do throws(OAuthError) {
            guard let visitor = try await visitor(request, now: context.now) else {
                return try signIn(ConnectionsPage.path, .signInToSee, nil, request, context)
            }
            return try await overview(of: visitor.user, request, context)
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
        let listing = ConnectionListing(connections, among: upstreams.connectableNames)
        var response = browser.pages.connections(
            // Including those of upstreams that are no longer configured, which must remain endable.
            ConnectionsPage(
                userName: user.name,
                connections: connections,
                defaults: Set(connections.filter { user.usesByDefault($0, among: connections) }.map(\.id)),
                missing: listing.missing,
                access: AccessSections(
                    applications: ApplicationSections(
                        applications: try await access.applications.list(of: user.id, now: context.now),
                        policy: access.applications.policy
                    ),
                    agents: try await agentSections(of: user, connections, now: context.now)
                ),
                ticket: ticket
            )
        )
        response.setCookies([cookie])
        return response
    }

    private func agentSections(
        of user: User,
        _ connections: [Connection],
        now: Timestamp
    ) async throws(OAuthError) -> AgentSections? {
        guard let agents = access.agents else { return nil }
        return AgentSections(
            agents: try await agents.list(of: user.id, now: now),
            resources: agents.resources.resources.filter { $0.pattern == nil },
            upstreams: Set(connections.map(\.upstream)).sorted()
        )
    }

    /// The sign-in page of a browser in which no user has signed in, or not recently.
    func signIn(
        _ path: String,
        _ purpose: PageText,
        _ userID: UserID?,
        _ request: Request,
        _ context: RequestContext
    ) throws(OAuthError) -> Response {
        let (ticket, cookie) = try forms.ticket(for: userID, request, now: context.now)
        var response = browser.pages.signIn(
            SignInPage(path: path, purpose: purpose, upstreams: upstreams.identifyingNames, ticket: ticket)
        )
        response.setCookies([cookie])
        return response
    }

    /// Forgets the signed-in user, and shows the page again; with the value `everywhere`, in all browsers.
    func signOut(
        _ value: String,
        _ visitor: BrowserLogins.Visitor?,
        _ request: Request,
        returningTo url: String,
        _ context: RequestContext
    ) async throws(OAuthError) -> Response {
        if value.hasSameBytes(as: "everywhere"), let visitor {
            _ = try await OAuthError.attempt(await vault.endLogins(of: visitor.user.id).outcome)
            audit.record(.signedOut(visitor.user.id, by: "user"), context: context)
        }
        var response = Response.redirect(to: url, after: request.method)
        response.setCookies([browser.cookies.removingLogin()])
        return response
    }

    /// Answers a form that a user submitted on one of these pages; every refusal is a page.
    ///
    /// - Parameters:
    ///   - request: The request with the form.
    ///   - context: The request's time and source.
    ///   - act: Makes the answer from the form's checked parameters and the user who is signed in, if any.
    /// - Returns: The answer, or the page of a refusal.
    func submission(
        _ request: Request,
        _ context: RequestContext,
        _ act: (FormParameters, BrowserLogins.Visitor?) async throws(OAuthError) -> Response
    ) async -> Response {
        do throws(OAuthError) {
            let visitor = try await visitor(request, now: context.now)
            let form: FormParameters
            do throws(PageForm.Refusal) {
                form = try forms.checked(request, userID: visitor?.user.id, now: context.now)
            } catch {
                switch error {
                case .page(let page, let status): return browser.pages.error(page, status: status)
                }
            }
            return try await act(form, visitor)
        } catch {
            return failure(error)
        }
    }

    /// The page of an error that prevented another page.
    func failure(_ error: OAuthError) -> Response {
        browser.pages.notice(
            NoticePage(
                title: PageText.requestFailedTitle.text(),
                text: "<p>\(HTML.english(error.description)).</p>\(error.advice.paragraph)"
            ),
            status: error.pageStatus
        )
    }
}
