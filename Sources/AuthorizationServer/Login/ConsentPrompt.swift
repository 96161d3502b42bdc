import HTTPTypes
import OAuthProtocol
import OpenSSLCrypto
import SocketHTTP
import UpstreamIdentity

/// CO-1: asks the user of a checked request for consent, and stores nothing (LF-2).
struct ConsentPrompt: Sendable {
    let tickets: ConsentTicketSealing
    let upstreams: UpstreamDirectory
    let browser: BrowserGround
    let metrics: ServerMetrics
    /// What the operator says of scopes.
    let scopeWords: [String: String]

    /// The consent page, with the cookie that binds it to the browser.
    func page(
        _ question: ConsentQuestion,
        _ request: Request,
        _ context: RequestContext
    ) throws(OAuthError) -> Response {
        // Each page has its own value under its own name, so that all pages of a browser stay valid (CO-2).
        let binding = BrowserBinding(random: browser.random)
        let id = tickets.makeID()
        let ticket: String
        do {
            ticket = try tickets.seal(question.request, id: id, browser: binding.hash, now: context.now)
        } catch {
            throw OAuthError(.serverError, "the consent page could not be prepared")
        }
        metrics.authorization(result: "consent_page")
        var response = browser.pages.consent(
            ConsentPage(
                client: question.client,
                request: question.request,
                resource: question.resource,
                scopeWords: scopeWords,
                upstreams: describe(question.resource),
                ticket: ticket
            )
        )
        for cookie in browser.cookies.removingSurplusConsents(request) {
            response.headerFields.append(HTTPField(name: .setCookie, value: cookie))
        }
        let cookie = browser.cookies.settingConsentBinding(binding, ticket: id)
        response.headerFields.append(HTTPField(name: .setCookie, value: cookie))
        return response
    }
    // The providers that a login for the resource visits (CO-1).
    private func describe(_ resource: ProtectedResource) -> [ConsentPage.Upstream] {
        (upstreams.loginChain(for: resource) + upstreams.onDemand(for: resource)).compactMap { name in
            guard let provider = upstreams[name] else { return nil }
            return ConsentPage.Upstream(
                name: provider.name,
                scopes: provider.requestedScopes.tokens,
                need: upstreams.need(of: name, for: resource)
            )
        }
    }
}
