import HTTPTypes
import OAuthProtocol
import OAuthState
import SocketHTTP
import UpstreamIdentity

/// CO-2: `POST /connections`, the form on the page of connections.
struct ConnectionsFormEndpoint: Endpoint {
    let issuer: Issuer
    let pages: UserPages
    let links: ConnectLinks
    let ending: ConnectionEnding
    let audit: AuditTrail

    func respond(to request: Request, context: RequestContext) async -> Response {
        await pages.submission(request, context) { (form, visitor) throws(OAuthError) in
            try await act(form, visitor, request, context)
        }
    }

    private func act(
        _ form: FormParameters,
        _ visitor: BrowserLogins.Visitor?,
        _ request: Request,
        _ context: RequestContext
    ) async throws(OAuthError) -> Response {
        if let name = try form.once("sign_in") {
            guard let provider = pages.upstreams[name] else { return unknownUpstream }
            return try await pages.logins.begin(.connectionsPage, at: provider, request, context)
        }
        if let value = try form.once("sign_out") {
            let url = issuer.url(ConnectionsPage.path)
            return try await pages.signOut(value, visitor, request, returningTo: url, context)
        }
        guard let visitor else { return pages.browser.pages.error(.expired, status: .badRequest) }
        // A login of hours ago shows the connections; to change them the user signs in again.
        guard visitor.isFresh(now: context.now) else {
            return try pages.signIn(ConnectionsPage.path, .signInToChange, visitor.user.id, request, context)
        }
        let userID = visitor.user.id
        if let name = try form.once("connect") {
            guard let provider = pages.upstreams[name], provider.isConnectable else { return unknownUpstream }
            let link = links.link(for: userID, upstream: name, account: nil, scopes: .empty, now: context.now)
            // Its page asks for the credential.
            guard provider.enteredCredential == nil else {
                return .redirect(to: try links.uri(of: link), after: request.method)
            }
            return try await pages.logins.begin(.connect(link), at: provider, request, context)
        }
        if let text = try form.once("default") { return try await useByDefault(text, userID, request, context) }
        if let text = try form.once("disconnect") { return try await disconnect(text, userID, context) }
        if let response = try await pages.access.respond(form, userID, pages.browser, request, context) {
            return response
        }
        return pages.browser.pages.error(.badForm, status: .badRequest)
    }

    // Which account applications use changes by this choice alone, never by a login.
    private func useByDefault(
        _ text: String,
        _ userID: UserID,
        _ request: Request,
        _ context: RequestContext
    ) async throws(OAuthError) -> Response {
        guard let id = ConnectionID(text),
            try await OAuthError.attempt(await pages.vault.useByDefault(id, of: userID).outcome)
        else { return alreadyDisconnected }
        audit.record(.defaultChosen(userID, connection: id), context: context)
        return .redirect(to: issuer.url(ConnectionsPage.path), after: request.method)
    }

    private func disconnect(
        _ text: String,
        _ userID: UserID,
        _ context: RequestContext
    ) async throws(OAuthError) -> Response {
        guard let id = ConnectionID(text) else { return alreadyDisconnected }
        let connection = try await OAuthError.attempt(await pages.vault.connection(id))
        guard let connection, connection.userID == userID else { return alreadyDisconnected }
        let ended = try await ending.end(id)
        guard let outcome = ended else { return alreadyDisconnected }
        audit.record(
            .disconnected(outcome.connection, by: "user", provider: outcome.provider.rawValue),
            context: context
        )
        return pages.browser.pages.notice(.disconnected(outcome), status: .ok)
    }

    private var alreadyDisconnected: Response {
        pages.browser.pages.notice(.alreadyDisconnected, status: .notFound)
    }

    private var unknownUpstream: Response { pages.browser.pages.error(.unknownUpstream, status: .badRequest) }
}

extension ConnectionsFormEndpoint {
    var surfaces: [Surface] {
        [
            Surface(
                .post,
                ConnectionsPage.path,
                name: "connections",
                OpenAPIOperation(
                    id: "changeConnections",
                    summary: "Processes the form on the page of connections.",
                    body: .form(
                        required: ["ticket"],
                        optional: [
                            "sign_in", "sign_out", "connect", "default", "disconnect", "remove", "remove_all", "forget",
                            "agent_make", "agent_name", "agent_resource", "agent_scope", "agent_upstream", "agent_days",
                            "agent_end",
                        ]
                    ),
                    responses: OpenAPIOperation.pageAnswers
                )
            )
        ]
    }
}
