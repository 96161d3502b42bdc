import OAuthProtocol
import OAuthState

/// The page on which a user sees and ends what is connected; tokens never stand on it (peers §4.5, Pomerium CVE-2024-39315).
struct ConnectionsPage: Sendable {
    /// The path, relative to the issuer.
    static let path = "/connections"

    let userName: String?
    let connections: [Connection]
    /// Providers that this user has not connected.
    let missing: [String]
    /// Keeps other sites from sending the forms.
    let ticket: String

    var title: String { "Your connections" }

    func body(action: String) -> HTML {
        """
        <h1>Your connections</h1>
        <p class="quiet">Signed in\(userName.map { name in " as \(name)" as HTML } ?? .none). Applications that you \
        allowed may use these accounts in your name.</p>
        <form method="post" action="\(action)"><input type="hidden" name="ticket" value="\(ticket)">
        \(connections.isEmpty ? "<p>Nothing is connected.</p>" : .none)\(connections.map(section))
        \(missing.map(missingSection))
        <div class="actions"><button type="submit" name="sign_out" value="yes">Sign out here</button></div></form>
        """
    }

    private func section(_ connection: Connection) -> HTML {
        let mends = connection.status == .reauthorizationRequired || connection.status == .revoked
        let mend: HTML =
            mends
            ? "<button type=\"submit\" name=\"connect\" value=\"\(connection.upstream)\">Connect again</button>" : .none
        return """
            <h2>\(connection.upstream)</h2><dl>
            <dt>Account</dt><dd>\(connection.accountName ?? connection.account)</dd>
            <dt>Status</dt><dd>\(Self.words(connection.status))</dd>
            <dt>Allowed</dt><dd><code>\(connection.scopes.text)</code></dd>
            <dt>Connected</dt><dd>\(Self.day(connection.obtainedAt))</dd>
            <dt>Refreshed</dt><dd>\(connection.refreshedAt.map(Self.day) ?? "not yet")</dd>
            <dt>Used</dt><dd>\(connection.usedAt.map(Self.day) ?? "not yet")</dd></dl>
            <div class="actions">\(mend)<button type="submit" name="disconnect" value="\(connection.id.text)">Disconnect \
            \(connection.upstream)</button></div>
            """
    }

    private func missingSection(_ upstream: String) -> HTML {
        """
        <h2>\(upstream)</h2><p class="quiet">Not connected.</p>
        <div class="actions"><button type="submit" name="connect" value="\(upstream)">Connect \(upstream)</button></div>
        """
    }

    private static func words(_ status: Connection.Status) -> String {
        switch status {
        case .active, .expiring: "works"
        case .reauthorizationRequired: "must be connected again"
        case .revoked: "ended by the provider"
        case .error: "the provider refuses this server; its operator must act"
        }
    }

    // To the minute: more means nothing to a person.
    private static func day(_ moment: Timestamp) -> String {
        let text = moment.rfc3339
        return text.prefix(10) + " " + text.dropFirst(11).prefix(5) + " UTC"
    }
}
