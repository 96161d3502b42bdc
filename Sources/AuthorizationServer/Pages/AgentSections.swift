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
        "<h2>\(PageText.agents)</h2>\(agents.isEmpty ? "<p>\(PageText.noAgents)</p>" : .none)\(agents.map(section))"
    }

    private func section(_ session: Session) -> HTML {
        let maker: PageText = session.agent?.parent == nil ? .madeByYou : .madeByApplication
        return """
            <section class="item"><h2>\(session.agent?.name ?? "")</h2><dl>
            <dt>\(PageText.accessTo)</dt><dd><code>\(session.resource)</code></dd>
            <dt>\(PageText.allowed)</dt><dd>\(ScopeWords.inline(session.scopes.tokens))</dd>
            <dt>\(PageText.madeBy)</dt><dd>\(maker)</dd>
            <dt>\(PageText.ends)</dt><dd>\(PageTime.minute(session.expiry))</dd>
            <dt>\(PageText.used)</dt><dd>\(session.agentUsedAt.map(PageTime.minute) ?? PageText.notYet.html())</dd></dl>
            <div class="actions"><button type="submit" name="agent_end" value="\(session.id.text)" class="end">\
            \(PageText.endAgent)</button></div></section>
            """
    }

    /// The form for another agent.
    func form(action: String, ticket: String) -> HTML {
        let scopes = resources.reduce(ScopeSet.empty) { $0.union(AgentTokens.grantable(nil, $1)) }.tokens
        return """
            <form method="post" action="\(action)"><input type="hidden" name="ticket" value="\(ticket)">
            <section class="item"><h2>\(PageText.agentForm)</h2>
            <p class="quiet">\(PageText.agentFormText)</p>
            <p><label>\(PageText.agentName)<br><input name="agent_name" maxlength="64" required></label></p>
            <p><label>\(PageText.accessTo)<br><select name="agent_resource">\(resources.map { option($0.uri, $0.uri) })</select>\
            </label></p>
            <p>\(PageText.allowed)</p><p>\(scopes.map { box("agent_scope", $0) })</p>
            <p>\(PageText.yourAccounts)</p><p>\(upstreams.map { box("agent_upstream", $0) })</p>
            <p><label>\(PageText.endsAfter)<br><select name="agent_days">\
            \(Self.dayCounts.map { option(String($0), Self.days($0)) })</select></label></p>
            <div class="actions"><button type="submit" name="agent_make" value="yes">\(PageText.makeToken)</button></div></section>\
            </form>
            """
    }

    private static func days(_ count: Int) -> String {
        count == 1 ? PageText.oneDay.text() : PageText.days.text(["count": String(count)])
    }

    private func option(_ value: String, _ text: String) -> HTML {
        "<option value=\"\(value)\">\(text)</option>"
    }

    private func box(_ name: String, _ value: String) -> HTML {
        "<label class=\"box\"><input type=\"checkbox\" name=\"\(name)\" value=\"\(value)\"> <code>\(value)</code></label><br>"
    }
}
