import OAuthProtocol
import OAuthState

/// The part of a user's page that lists the agents, each with what ends it, and the form that makes another.
struct AgentSections: Sendable {
    let agents: [Session]
    let resources: [ProtectedResource]
    /// The upstreams at which the user has a connection.
    let upstreams: [String]

    /// The lifetimes that the form offers, in days.
    static let dayCounts = [1, 7, 30, 90]

    /// The list, as the page's form shows it.
    var list: HTML {
        "<h2>Agents</h2>\(agents.isEmpty ? "<p>No agent has a token.</p>" : .none)\(agents.map(section))"
    }

    private func section(_ session: Session) -> HTML {
        let maker: HTML = session.agent?.parent == nil ? "you, on this page" : "an application with access"
        return """
            <section class="item"><h2>\(session.agent?.name ?? "")</h2><dl>
            <dt>Access to</dt><dd><code>\(session.resource)</code></dd>
            <dt>Allowed</dt><dd>\(ScopeWords.inline(session.scopes.tokens))</dd>
            <dt>Made by</dt><dd>\(maker)</dd>
            <dt>Ends</dt><dd>\(PageTime.minute(session.expiry))</dd>
            <dt>Used</dt><dd>\(session.agentUsedAt.map(PageTime.minute) ?? "not yet")</dd></dl>
            <div class="actions"><button type="submit" name="agent_end" value="\(session.id.text)" class="end">End this \
            agent</button></div></section>
            """
    }

    /// The form for another agent.
    func form(action: String, ticket: String) -> HTML {
        let scopes = resources.reduce(ScopeSet.empty) { $0.union(AgentTokens.grantable(nil, $1)) }.tokens
        return """
            <form method="post" action="\(action)"><input type="hidden" name="ticket" value="\(ticket)">
            <section class="item"><h2>A token for an agent</h2>
            <p class="quiet">Any program that has the token acts for you within these limits. It is shown once.</p>
            <p><label>Name<br><input name="agent_name" maxlength="64" required></label></p>
            <p><label>Access to<br><select name="agent_resource">\(resources.map { option($0.uri, $0.uri) })</select>\
            </label></p>
            <p>Allowed</p><p>\(scopes.map { box("agent_scope", $0) })</p>
            <p>Your accounts</p><p>\(upstreams.map { box("agent_upstream", $0) })</p>
            <p><label>Ends after<br><select name="agent_days">\
            \(Self.dayCounts.map { option(String($0), $0 == 1 ? "1 day" : "\($0) days") })</select></label></p>
            <div class="actions"><button type="submit" name="agent_make" value="yes">Make the token</button></div></section>\
            </form>
            """
    }

    private func option(_ value: String, _ text: String) -> HTML {
        "<option value=\"\(value)\">\(text)</option>"
    }

    private func box(_ name: String, _ value: String) -> HTML {
        "<label><input type=\"checkbox\" name=\"\(name)\" value=\"\(value)\"> <code>\(value)</code></label><br>"
    }
}
