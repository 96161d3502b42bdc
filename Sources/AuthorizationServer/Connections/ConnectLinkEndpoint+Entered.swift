import HTTPTypes
import OAuthProtocol
import OAuthState
import SocketHTTP
import UpstreamIdentity

/// A link to an upstream whose credential the user enters on our page.
extension ConnectLinkEndpoint {
    /// The page with the inputs.
    func ask(
        _ link: ConnectLink,
        _ text: String,
        _ provider: UpstreamProvider,
        _ credential: EnteredCredential,
        _ user: User,
        problem: EnteredCredentialPage.Problem? = nil,
        _ request: Request,
        _ context: RequestContext
    ) throws(OAuthError) -> Response {
        let (ticket, cookie) = try pages.forms.ticket(for: user.id, request, now: context.now)
        let page = EnteredCredentialPage(
            path: path(text),
            upstream: provider.name,
            credential: credential,
            userName: user.name,
            problem: problem,
            ticket: ticket
        )
        var response = pages.browser.pages.render(
            title: page.title,
            body: page.body(action: issuer.url(page.path)),
            status: problem == nil ? .ok : .badRequest
        )
        response.setCookies([cookie])
        return response
    }

    /// Takes what the user entered.
    ///
    /// The link is used up only by what is stored, so that a mistyped key can be corrected. Each attempt counts against
    /// the source's limit of logins: the provider must not be a place to try stolen keys.
    func enter(
        _ form: FormParameters,
        _ link: ConnectLink,
        _ text: String,
        _ provider: UpstreamProvider,
        _ credential: EnteredCredential,
        _ user: User,
        _ request: Request,
        _ context: RequestContext
    ) async throws(OAuthError) -> Response {
        if let refusal = await pages.browser.limit.refusal(context) { return refusal }
        var values: [String: String] = [:]
        for field in credential.fields {
            values[field.name] = try form.once(EnteredCredentialPage.formField(field.name)) ?? ""
        }
        let draft: ConnectionDraft
        do throws(EnteredConnections.Failure) {
            draft = try await entered.draft(EnteredValues(values), at: provider, for: user.id, now: context.now)
        } catch {
            let problem = try problem(error, credential)
            audit.record(
                .connected(user.id, upstream: provider.name, account: nil, result: problem.auditWord),
                context: context
            )
            return try ask(link, text, provider, credential, user, problem: problem, request, context)
        }
        if let used = try await use(link, context) { return used }
        let kept = try await entered.store(draft, context)
        audit.record(
            .connected(user.id, upstream: provider.name, account: kept.account, result: "success"),
            context: context
        )
        return pages.browser.pages.notice(.connected(kept), status: .ok)
    }

    private func problem(
        _ failure: EnteredConnections.Failure,
        _ credential: EnteredCredential
    ) throws(OAuthError) -> EnteredCredentialPage.Problem {
        func label(_ name: String) -> String { credential.fields.first { $0.name == name }?.label ?? name }
        switch failure {
        case .unusable(.unusable(let name)): return .unusable(label: label(name))
        case .unusable(.mismatch(let name)): return .mismatch(label: label(name))
        case .refused: return .refused
        case .unavailable: return .unavailable
        case .other(let error): throw error
        }
    }
}

extension EnteredCredentialPage.Problem {
    /// The result in the audit trail.
    fileprivate var auditWord: String {
        switch self {
        case .unusable, .mismatch: "unusable_value"
        case .refused: "credential_refused"
        case .unavailable: "check_failed"
        }
    }
}
