import OAuthProtocol
import OAuthState

/// The page on which a user lists and ends connections, and the access of applications; it never contains tokens
/// (VX-11, CVE-2024-39315).
struct ConnectionsPage: Sendable {
    /// The path, relative to the issuer.
    static let path = "/connections"

    let userName: String?
    let connections: [Connection]
    /// The connections that are used when nothing names another, at upstreams with several.
    let defaults: Set<ConnectionID>
    /// Providers that this user has not connected.
    let missing: [String]
    let access: AccessSections
    /// Keeps other sites from sending the forms.
    let ticket: String

    var title: String { "Your connections" }

    func body(action: String) -> HTML {
        """
        <h1>Your connections</h1>
        <p class="quiet">Signed in\(userName.map { name in " as \(name)" as HTML } ?? .none). Applications to which you \
        gave access may use these accounts on your behalf.</p>
        <form method="post" action="\(action)"><input type="hidden" name="ticket" value="\(ticket)">
        \(connections.isEmpty ? "<p>Nothing is connected.</p>" : .none)\(connections.map(section))
        \(missing.map(missingSection))
        \(access.applications.body)\(access.agents?.list ?? .none)
        <div class="actions"><button type="submit" name="sign_out" value="yes">Sign out here</button>
        <button type="submit" name="sign_out" value="everywhere">Sign out in all browsers</button></div></form>\(access.agents?.form(action: action, ticket: ticket) ?? .none)
        """
    }

    private func section(_ connection: Connection) -> HTML {
        let isGood = connection.status == .active || connection.status == .expiring
        let endsSoon = connection.status == .expiring && connection.reason == Connection.expiresSoon
        let mends = connection.status == .reauthorizationRequired || connection.status == .revoked || endsSoon
        let mend: HTML =
            mends
            ? """
            <button type="submit" name="connect" value="\(connection.upstream)" class="main">Connect \(connection.upstream) \
            again</button>
            """ : .none
        // Only where there is something to choose.
        let isOneOfSeveral = connections.count { $0.upstream == connection.upstream } > 1
        let isDefault = defaults.contains(connection.id)
        let choice: HTML =
            isOneOfSeveral && !isDefault
            ? """
            <button type="submit" name="default" value="\(connection.id.text)">Use this account by default</button>
            """ : .none
        let mark: HTML =
            isOneOfSeveral && isDefault ? "<dt>Default</dt><dd>Used unless an application names another</dd>" : .none
        let end: HTML =
            if endsSoon, let expiry = connection.accessTokenExpiry {
                "<dt>Ends soon</dt><dd>\(PageTime.minute(expiry)); connect it again before</dd>"
            } else {
                .none
            }
        return """
            <section class="item"><h2>\(connection.upstream) <span class="state \(isGood ? "good" : "bad")">\
            \(Self.words(connection.status))</span></h2><dl>
            <dt>Account</dt><dd>\(connection.accountName ?? connection.account)</dd>
            \(mark)\(end)<dt>Allowed</dt><dd>\(ScopeWords.inline(connection.scopes.tokens))</dd>
            <dt>Connected</dt><dd>\(PageTime.minute(connection.obtainedAt))</dd>
            <dt>Refreshed</dt><dd>\(connection.refreshedAt.map(PageTime.minute) ?? "not yet")</dd>
            <dt>Used</dt><dd>\(connection.usedAt.map(PageTime.minute) ?? "not yet")</dd></dl>
            <div class="actions">\(mend)\(choice)<button type="submit" name="disconnect" \
            value="\(connection.id.text)" class="end">Disconnect \(connection.upstream)</button></div></section>
            """
    }

    private func missingSection(_ upstream: String) -> HTML {
        """
        <section class="item"><h2>\(upstream) <span class="state quiet">Not connected</span></h2>
        <div class="actions"><button type="submit" name="connect" value="\(upstream)">Connect \(upstream)</button></div></section>
        """
    }

    private static func words(_ status: Connection.Status) -> String {
        switch status {
        case .active, .expiring: "Works"
        case .reauthorizationRequired: "Connect it again"
        case .revoked: "Ended by the provider"
        case .error: "The provider refuses this server; contact its operator"
        }
    }
}
