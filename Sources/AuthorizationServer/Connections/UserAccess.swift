import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import SocketHTTP

/// CO-1: what acts for a user, applications and agents, and the buttons of the user's page that change it.
struct UserAccess: Sendable {
    let applications: UserApplications
    /// `nil` where the operator wants no agents.
    let agents: AgentTokens?
    /// How long a resource server that does not ask this server may accept a token of ended access.
    let accessTokenLifetime: Duration

    /// The answer to a button about applications or agents; `nil` for any other button.
    func respond(
        _ form: FormParameters,
        _ userID: UserID,
        _ browser: BrowserGround,
        _ request: Request,
        _ context: RequestContext
    ) async throws(OAuthError) -> Response? {
        let pages = browser.pages
        if let agents {
            let agentForm = AgentForm(agents: agents, pages: pages)
            if let response = try await agentForm.respond(form, userID, context) { return response }
        }
        if let clientID = try form.once("remove") {
            let ended = try await applications.end(clientID, of: userID, by: "user", context: context)
            guard ended != (0, 0) else { return pages.notice(.noSuchAccess, status: .notFound) }
            return pages.notice(.accessRemoved(ofAll: false, accessTokenLifetime), status: .ok)
        }
        if try form.once("remove_all") != nil {
            _ = try await applications.end(nil, of: userID, by: "user", context: context)
            return pages.notice(.accessRemoved(ofAll: true, accessTokenLifetime), status: .ok)
        }
        guard let id = try form.once("forget") else { return nil }
        guard let key = Base64URL.decode(id).flatMap({ SHA256Digest(bytes: $0) }) else {
            return pages.notice(.noSuchAccess, status: .notFound)
        }
        _ = try await applications.withdraw(ConsentWithdrawal(userID: userID, key: key), by: "user", context: context)
        return .redirect(to: browser.issuer.url(ConnectionsPage.path), after: request.method)
    }
}
