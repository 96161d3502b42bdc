import HTTPTypes
import OAuthProtocol
import OAuthState
import ServerConfiguration
import SocketHTTP

/// What the forms of a user's page do about agents.
struct AgentForm: Sendable {
    let agents: AgentTokens
    let pages: PageRenderer

    /// The answer to a button of these forms; `nil` for any other button.
    func respond(
        _ form: FormParameters,
        _ userID: UserID,
        _ context: RequestContext
    ) async throws(OAuthError) -> Response? {
        if let text = try form.once("agent_end") {
            guard let id = SessionID(text), try await agents.end(id, of: userID, by: "user", context) else {
                return pages.notice(.noSuchAccess, status: .notFound)
            }
            return pages.notice(.agentEnded, status: .ok)
        }
        guard try form.once("agent_make") != nil else { return nil }
        do throws(OAuthError) {
            let made = try await agents.make(try order(form, userID), by: "user", context)
            return pages.notice(.agentMade(made.token), status: .ok)
        } catch {
            guard error.code != .temporarilyUnavailable, error.code != .serverError else { throw error }
            return pages.notice(.agentRefused(error), status: .badRequest)
        }
    }

    private func order(_ form: FormParameters, _ userID: UserID) throws(OAuthError) -> AgentTokens.Order {
        let resource = try agents.resources.resource(requested: [try form.required("agent_resource")])
        guard let days = Int(try form.required("agent_days")), AgentSections.dayCounts.contains(days) else {
            throw OAuthError(.invalidRequest, "agent_days is not one of the offered numbers")
        }
        let scopes = try ScopeSet(parsing: form.values("agent_scope").joined(separator: " "))
        return AgentTokens.Order(
            maker: AgentTokens.Maker(userID: userID),
            name: try form.required("agent_name"),
            resource: resource,
            scopes: scopes,
            upstreams: form.values("agent_upstream"),
            lifetime: min(.seconds(days * 86_400), agents.settings.lifetimeMax)
        )
    }
}

extension NoticePage {
    /// The token of a new agent, shown only once.
    static func agentMade(_ token: AgentToken) -> NoticePage {
        NoticePage(
            title: PageText.agentMadeTitle.text(),
            text: "<p><code>\(token.wireValue)</code></p><p>\(PageText.agentMadeText)</p>",
            tone: .good,
            leadsToConnections: true
        )
    }

    /// An agent was not made.
    static func agentRefused(_ error: OAuthError) -> NoticePage {
        NoticePage(
            title: PageText.agentRefusedTitle.text(),
            text: "<p>\(HTML.english(error.description)).</p>",
            leadsToConnections: true
        )
    }

    /// An agent has ended.
    static var agentEnded: NoticePage {
        NoticePage(
            title: PageText.agentEndedTitle.text(),
            text: "<p>\(PageText.agentEndedText)</p>",
            tone: .neutral,
            leadsToConnections: true
        )
    }
}
