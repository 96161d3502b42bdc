import HTTPTypes
import OAuthProtocol
import OAuthState
import SocketHTTP
import UpstreamIdentity

/// SEP-1036: `/connections/connect/{link}`, the page behind a `connect_uri`, for MCP URL-mode elicitation (VX-5).
///
/// A GET uses nothing up, because chat applications fetch links to preview them. Only the user for whom the link was
/// created gets past the sign-in (D-60), and only once.
struct ConnectLinkEndpoint: Endpoint {
    let issuer: Issuer
    let pages: UserPages
    let links: ConnectLinks
    let sessions: any LoginStore
    let entered: EnteredConnections
    let audit: AuditTrail

    func respond(to request: Request, context: RequestContext) async -> Response {
        guard let text = request.pathParameter, let link = links.link(text) else {
            return pages.browser.pages.error(.badLink, status: .notFound)
        }
        guard context.now < link.expiry else { return pages.browser.pages.error(.expiredLink, status: .badRequest) }
        return request.method == .post
            ? await decide(link, text, request, context) : await show(link, text, request, context)
    }

    private func show(
        _ link: ConnectLink,
        _ text: String,
        _ request: Request,
        _ context: RequestContext
    ) async -> Response {
        do throws(OAuthError) {
            let found = try await pages.visitor(request, now: context.now)
            guard let visitor = found else {
                return try pages.signIn(path(text), .signInToConnect, nil, request, context)
            }
            let userID = visitor.user.id
            guard userID == link.userID else { return await refuse(link, context) }
            guard visitor.isFresh(now: context.now) else { return try signInAgain(userID, text, request, context) }
            if let provider = pages.upstreams[link.upstream], let credential = provider.enteredCredential {
                return try ask(link, text, provider, credential, visitor.user, request, context)
            }
            let scopes = (pages.upstreams[link.upstream]?.requestedScopes ?? .empty).union(link.scopes)
            let (ticket, cookie) = try pages.forms.ticket(for: userID, request, now: context.now)
            var response = pages.browser.pages.connect(
                ConnectLinkPage(
                    path: path(text),
                    link: link,
                    scopes: scopes,
                    userName: visitor.user.name,
                    ticket: ticket
                )
            )
            response.setCookies([cookie])
            return response
        } catch {
            return pages.failure(error)
        }
    }

    private func decide(
        _ link: ConnectLink,
        _ text: String,
        _ request: Request,
        _ context: RequestContext
    ) async -> Response {
        await pages.submission(request, context) { (form, visitor) throws(OAuthError) in
            try await act(form, visitor, link, text, request, context)
        }
    }

    private func act(
        _ form: FormParameters,
        _ visitor: BrowserLogins.Visitor?,
        _ link: ConnectLink,
        _ text: String,
        _ request: Request,
        _ context: RequestContext
    ) async throws(OAuthError) -> Response {
        if let value = try form.once("sign_out") {
            return try await pages.signOut(value, visitor, request, returningTo: issuer.url(path(text)), context)
        }
        if let name = try form.once("sign_in") {
            guard let provider = pages.upstreams[name] else {
                return pages.browser.pages.error(.unknownUpstream, status: .badRequest)
            }
            return try await pages.logins.begin(.connectLink(text), at: provider, request, context)
        }
        guard let visitor, visitor.user.id == link.userID else { return await refuse(link, context) }
        guard visitor.isFresh(now: context.now) else { return try signInAgain(visitor.user.id, text, request, context) }
        switch try form.once("decision") {
        case "connect":
            if let provider = pages.upstreams[link.upstream], let credential = provider.enteredCredential {
                return try await enter(form, link, text, provider, credential, visitor.user, request, context)
            }
            return try await connect(link, request, context)
        case "deny": return pages.browser.pages.notice(.notConnected(link.upstream), status: .ok)
        default: return pages.browser.pages.error(.badForm, status: .badRequest)
        }
    }

    private func connect(
        _ link: ConnectLink,
        _ request: Request,
        _ context: RequestContext
    ) async throws(OAuthError) -> Response {
        guard let provider = pages.upstreams[link.upstream] else {
            return pages.browser.pages.error(.unknownUpstream, status: .badRequest)
        }
        if let used = try await use(link, context) { return used }
        return try await pages.logins.begin(.connect(link), at: provider, request, context)
    }

    // VX-5: a link works once. It counts as used when the provider is asked, or a credential stored, not when the page
    // is shown. A page for one that cannot be used, or `nil`.
    func use(_ link: ConnectLink, _ context: RequestContext) async throws(OAuthError) -> Response? {
        let use = try await OAuthError.attempt(
            await sessions.consumeOnce(link.useID, until: link.expiry, from: context.network, now: context.now)
                .outcome
        )
        switch use {
        case .alreadyUsed: return pages.browser.pages.error(.expiredLink, status: .badRequest)
        case .full: return pages.browser.pages.error(.overloaded, status: .serviceUnavailable)
        case .consumed: return nil
        }
    }

    private func signInAgain(
        _ userID: UserID,
        _ text: String,
        _ request: Request,
        _ context: RequestContext
    ) throws(OAuthError) -> Response {
        try pages.signIn(path(text), .signInToConnectAgain, userID, request, context)
    }

    private func refuse(_ link: ConnectLink, _ context: RequestContext) async -> Response {
        audit.record(
            .connected(link.userID, upstream: link.upstream, account: nil, result: "another_user"),
            context: context
        )
        return pages.browser.pages.notice(.anotherUser, status: .forbidden)
    }

    func path(_ text: String) -> String { ConnectLink.path + "/" + text }
}

extension ConnectLinkEndpoint {
    var surfaces: [Surface] {
        [
            Surface(
                path: ConnectLink.path + "/{link}",
                name: "connect",
                methods: [.method(.get, Self.showing), .method(.post, Self.connecting)]
            )
        ]
    }

    private static let summary = "Connects one upstream of the user to whom the link belongs."

    private static let showing = OpenAPIOperation(
        id: "showConnect",
        summary: summary,
        parameters: [.inPath("link")],
        responses: [
            (200, .page("The page")), (400, .page("The link has expired")),
            (403, .page("The link belongs to another user")),
            (404, OpenAPIResponse.page("The link does not exist").merging(.error("The path does not exist"))),
            (500, .page("The page could not be created")),
        ]
    )

    private static let connecting = OpenAPIOperation(
        id: "connect",
        summary: summary,
        parameters: [.inPath("link")],
        body: .form(required: ["ticket"], optional: ["sign_in", "sign_out", "decision", "field.NAME"]),
        responses: OpenAPIOperation.pageAnswers
    )
}
