import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
package import SocketHTTP

/// MCP Security Best Practices, "Confused Deputy": receives the user's decision and, if it is positive, sends the
/// browser upstream.
///
/// The cookie that the callback requires is set here, after approval, and nowhere earlier (CO-3). A browser that has
/// only an upstream URL cannot finish a flow that another one approved (GHSA-rww4-4w9c-7733, D-51, D-52).
package struct ConsentEndpoint: Endpoint {
    let admission: AuthorizationAdmission
    let sessions: any AuthorizationStore
    let logins: Logins
    let browser: BrowserGround
    let instruments: Instruments

    /// Why a decision is refused.
    private enum Refusal: StoreFailure {
        case page(ErrorPage, HTTPResponse.Status, reason: String)

        init(_ error: StoreError) { self = .page(.overloaded, .serviceUnavailable, reason: "overloaded") }
    }

    /// Receives a decision; every refusal is a page and stores nothing (D-54).
    package func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(Refusal) {
            let form = try form(request)
            let ticket = try ticket(form, request, now: context.now)
            let client = try await client(ticket, context)
            switch form.values("decision") {
            case ["approve"]: return try await approve(chosen(form, ticket), client, request, context)
            case ["deny"]: return await deny(ticket, client, request, context)
            default: throw .page(.badForm, .badRequest, reason: "bad_form")
            }
        } catch {
            switch error {
            case .page(let page, let status, let reason):
                instruments.metrics.consent(decision: "refused")
                instruments.audit.record(.consentRefused(reason: reason), context: context)
                return browser.pages.error(page, status: status)
            }
        }
    }

    // MARK: - Checks

    private func form(_ request: Request) throws(Refusal) -> FormParameters {
        guard FormOrigin.isOurs(request, issuer: browser.issuer) else {
            throw .page(.foreignForm, .forbidden, reason: "foreign_form")
        }
        do { return try FormBody.parse(request) } catch { throw .page(.badForm, .badRequest, reason: "bad_form") }
    }

    private func ticket(_ form: FormParameters, _ request: Request, now: Timestamp) throws(Refusal) -> ConsentTicket {
        let texts = form.values("ticket")
        guard texts.count == 1, let ticket = admission.tickets.open(texts[0]) else {
            throw .page(.badForm, .badRequest, reason: "bad_form")
        }
        guard
            let binding = browser.cookies.consentBinding(request, ticket: ticket.id),
            constantTimeEqual(binding.hash.bytes, ticket.browser.bytes)
        else { throw .page(.foreignForm, .forbidden, reason: "wrong_browser") }
        guard now < ticket.expiry else { throw .page(.expired, .badRequest, reason: "expired") }
        return ticket
    }

    // The client may have been removed, and the redirect depends on its registration: it is checked again.
    private func client(_ ticket: ConsentTicket, _ context: RequestContext) async throws(Refusal) -> Client {
        let client: Client
        do {
            client = try await admission.clients.client(
                continuingAuthorization: ticket.request.clientID,
                context: context
            )
        } catch {
            throw .page(ErrorPage(error.problem), AuthorizationRefusals.status(error), reason: "client")
        }
        guard ticket.request.canBeAnswered(to: client) else {
            throw .page(ErrorPage(.unregisteredRedirectURI), .badRequest, reason: "redirect_uri")
        }
        // CM-10: the document has changed since the user saw the page; a new page shows it.
        guard ticket.request.clientFingerprint == client.documentFingerprint else {
            throw .page(.changedClient, .badRequest, reason: "changed_client")
        }
        return client
    }

    // Only optional upstreams can be left out, whatever the form says; a form that offered none leaves out none.
    private func chosen(_ form: FormParameters, _ ticket: ConsentTicket) -> ConsentTicket {
        guard form.values(ConsentPage.offerField) == ["1"] else { return ticket }
        let checked = form.values(ConsentPage.choiceField)
        var ticket = ticket
        ticket.request.declinedUpstreams = logins.flow.legs.upstreams.optional(for: ticket.request.resource)
            .subtracting(checked)
        return ticket
    }

    // MARK: - Decisions

    private func approve(
        _ ticket: ConsentTicket,
        _ client: Client,
        _ request: Request,
        _ context: RequestContext
    ) async throws(Refusal) -> Response {
        if let refusal = await browser.limit.refusal(context) {
            instruments.metrics.consent(decision: "throttled")
            return refusal
        }
        let id = SHA256.hash(ticket.id)
        let use = try await Refusal.attempt(
            await sessions.consumeOnce(id, until: ticket.expiry, from: context.network, now: context.now).outcome
        )
        switch use {
        case .alreadyUsed: throw .page(.alreadyUsed, .badRequest, reason: "already_used")
        case .full: throw .page(.overloaded, .serviceUnavailable, reason: "overloaded")
        case .consumed: break
        }
        instruments.metrics.consent(decision: "approved")
        instruments.audit.record(.consented(ticket.request, approved: true), context: context)
        let resource: ProtectedResource
        do throws(OAuthError) {
            resource = try admission.resources.resource(ticket.request.resource)
        } catch {
            return await logins.responder.respond(to: .refuse(error, ticket.request), for: client, request, context)
        }
        let step = await logins.flow.begin(ticket.request, resource, expectedUserID: nil, request, context)
        return await logins.responder.respond(to: step, for: client, request, context)
    }

    private func deny(
        _ ticket: ConsentTicket,
        _ client: Client,
        _ request: Request,
        _ context: RequestContext
    ) async -> Response {
        instruments.metrics.consent(decision: "denied")
        instruments.audit.record(.consented(ticket.request, approved: false), context: context)
        let error = OAuthError(.accessDenied, "the user denied the request")
        return await refusal(error, ticket, client, request, context)
    }

    private func refusal(
        _ error: OAuthError,
        _ ticket: ConsentTicket,
        _ client: Client,
        _ request: Request,
        _ context: RequestContext
    ) async -> Response {
        if let device = ticket.request.device { return await admission.devices.refuse(device, error, context) }
        return browser.refusals.redirect(
            error,
            client: client,
            redirectURI: ticket.request.redirectURI,
            state: ticket.request.state,
            after: request.method
        )
    }
}

extension ConsentEndpoint {
    /// The path, relative to the issuer.
    static let path = EndpointPath.consent

    var surfaces: [Surface] {
        [Surface(.post, Self.path, name: "consent", origins: .refused, Self.operation)]
    }

    private static let operation = OpenAPIOperation(
        id: "decide",
        summary: "Receives the user's decision from the consent page.",
        body: .form(required: ["ticket", "decision"], optional: [ConsentPage.choiceField, ConsentPage.offerField]),
        responses: [
            (303, .empty("Redirect to the identity provider, or back with an error")),
            (400, .page("The form is invalid")), (403, .page("The form was sent from another site or browser")),
            (429, .page("Too many metadata documents were requested")),
            (502, .page("The client's metadata document could not be fetched")),
            (503, .page("Too many logins at the moment")),
        ]
    )
}
