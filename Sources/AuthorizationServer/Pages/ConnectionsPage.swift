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

    var title: String { PageText.yourConnections.text() }

    func body(action: String) -> HTML {
        """
        <h1>\(title)</h1>
        <p class="quiet">\(overview)</p>
        <form method="post" action="\(action)"><input type="hidden" name="ticket" value="\(ticket)">
        \(connections.isEmpty ? "<p>\(PageText.nothingConnected)</p>" : .none)\(connections.map(section))
        \(missing.map(missingSection))
        \(access.applications.body)\(access.agents?.list ?? .none)
        <div class="actions"><button type="submit" name="sign_out" value="yes">\(PageText.signOutHere)</button>
        <button type="submit" name="sign_out" value="everywhere">\(PageText.signOutEverywhere)</button></div></form>\(access.agents?.form(action: action, ticket: ticket) ?? .none)
        """
    }

    private var overview: HTML {
        guard let userName else { return PageText.overview.html() }
        return PageText.overviewNamed.html(["name": "\(userName)"])
    }

    private func time(_ moment: Timestamp?) -> HTML {
        moment.map(PageTime.minute) ?? PageText.notYet.html()
    }

    private func section(_ connection: Connection) -> HTML {
        let isGood = connection.status == .active || connection.status == .expiring
        let endsSoon = connection.status == .expiring && connection.reason == Connection.expiresSoon
        let mends = connection.status == .reauthorizationRequired || connection.status == .revoked || endsSoon
        let mend: HTML =
            mends
            ? """
            <button type="submit" name="connect" value="\(connection.upstream)" class="main">\
            \(PageText.connectAgain.text(["upstream": connection.upstream]))</button>
            """ : .none
        // Only where there is something to choose.
        let isOneOfSeveral = connections.count { $0.upstream == connection.upstream } > 1
        let isDefault = defaults.contains(connection.id)
        let choice: HTML =
            isOneOfSeveral && !isDefault
            ? """
            <button type="submit" name="default" value="\(connection.id.text)">\(PageText.useByDefault)</button>
            """ : .none
        let mark: HTML =
            isOneOfSeveral && isDefault ? "<dt>\(PageText.byDefault)</dt><dd>\(PageText.byDefaultText)</dd>" : .none
        let end: HTML =
            if endsSoon, let expiry = connection.accessTokenExpiry {
                "<dt>\(PageText.endsSoon)</dt><dd>\(PageText.endsSoonText.html(["time": PageTime.minute(expiry)]))</dd>"
            } else {
                .none
            }
        return """
            <section class="item"><h2>\(connection.upstream) <span class="state \(isGood ? "good" : "bad")">\
            \(Self.words(connection.status))</span></h2><dl>
            <dt>\(PageText.account)</dt><dd>\(connection.accountName ?? connection.account)</dd>
            \(mark)\(end)<dt>\(PageText.allowed)</dt><dd>\(ScopeWords.inline(connection.scopes.tokens))</dd>
            <dt>\(PageText.connected)</dt><dd>\(PageTime.minute(connection.obtainedAt))</dd>
            <dt>\(PageText.refreshed)</dt><dd>\(time(connection.refreshedAt))</dd>
            <dt>\(PageText.used)</dt><dd>\(time(connection.usedAt))</dd></dl>
            <div class="actions">\(mend)\(choice)<button type="submit" name="disconnect" \
            value="\(connection.id.text)" class="end">\
            \(PageText.disconnectIt.text(["upstream": connection.upstream]))</button></div></section>
            """
    }

    private func missingSection(_ upstream: String) -> HTML {
        """
        <section class="item"><h2>\(upstream) <span class="state quiet">\(PageText.notConnected)</span></h2>
        <div class="actions"><button type="submit" name="connect" value="\(upstream)">\
        \(PageText.connectIt.text(["upstream": upstream]))</button></div></section>
        """
    }

    private static func words(_ status: Connection.Status) -> PageText {
        switch status {
        case .active, .expiring: .works
        case .reauthorizationRequired: .connectItAgain
        case .revoked: .endedByProvider
        case .error: .providerRefuses
        }
    }
}
