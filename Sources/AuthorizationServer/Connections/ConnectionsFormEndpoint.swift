import HTTPTypes
import OAuthProtocol
import OAuthState
import SocketHTTP

/// CO-2: `POST /connections`, the form on the page of connections.
struct ConnectionsFormEndpoint: Endpoint {
    let issuer: Issuer
    let pages: ConnectionPages
    let links: ConnectLinks
    let ending: ConnectionEnding
    let audit: AuditTrail

    func respond(to request: Request, context: RequestContext) async -> Response {
        let userID = pages.userID(request, now: context.now)
        let form: FormParameters
        do {
            form = try pages.forms.checked(request, userID: userID, now: context.now)
        } catch {
            switch error {
            case .page(let page, let status): return pages.pages.error(page, status: status)
            }
        }
        do throws(OAuthError) {
            return try await act(form, userID, request, context)
        } catch {
            return pages.failure(error)
        }
    }

    private func act(
        _ form: FormParameters,
        _ userID: UserID?,
        _ request: Request,
        _ context: RequestContext
    ) async throws(OAuthError) -> Response {
        if let name = try form.once("sign_in") {
            guard let provider = pages.upstreams[name] else { return unknownUpstream }
            return try await pages.flow.begin(.connectionsPage, at: provider, request: request, context: context)
        }
        if try form.once("sign_out") != nil {
            return pages.signOut(request, returningTo: issuer.url(ConnectionsPage.path))
        }
        guard let userID else { return pages.pages.error(.expired, status: .badRequest) }
        if let name = try form.once("connect") {
            guard let provider = pages.upstreams[name] else { return unknownUpstream }
            let link = links.link(for: userID, upstream: name, account: nil, scopes: .empty, now: context.now)
            return try await pages.flow.begin(.connect(link), at: provider, request: request, context: context)
        }
        if let text = try form.once("disconnect") { return try await disconnect(text, userID, context) }
        return pages.pages.error(.badForm, status: .badRequest)
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
        return pages.pages.notice(.disconnected(outcome), status: .ok)
    }

    private var alreadyDisconnected: Response {
        pages.pages.notice(.alreadyDisconnected, status: .notFound)
    }

    private var unknownUpstream: Response { pages.pages.error(.unknownUpstream, status: .badRequest) }
}
