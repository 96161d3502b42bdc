import OAuthProtocol
import OAuthState

/// An application that acts for a user, or may do so again without asking.
struct UserApplication: Sendable {
    let clientID: String
    /// The self-asserted name, if the client still exists.
    let name: String?
    /// Where its answers are sent, in words that the client cannot choose (D-59).
    let destinations: [String]
    let sessions: [Session]
    /// Its remembered approvals.
    let consents: [RememberedConsent]

    var resources: [String] { Set(sessions.map(\.resource) + consents.map(\.resource)).sorted() }

    var scopes: ScopeSet {
        sessions.reduce(consents.reduce(ScopeSet.empty) { $0.union($1.scopes) }) { $0.union($1.scopes) }
    }

    /// When a token was last issued to it; `nil` without a session, and where it is not known.
    var lastUsedAt: Timestamp? { sessions.map(\.rotatedAt).filter { $0.secondsSinceEpoch > 0 }.max() }
}

/// The parts of a user's page about what acts for the user.
struct AccessSections: Sendable {
    let applications: ApplicationSections
    /// `nil` where the operator wants no agents.
    let agents: AgentSections?
}

/// The part of a user's page that lists the applications with access, each with what ends it.
struct ApplicationSections: Sendable {
    let applications: [UserApplication]
    let policy: SessionPolicy

    var body: HTML {
        guard !applications.isEmpty else {
            return "<h2>\(PageText.applications)</h2><p>\(PageText.noApplications)</p>"
        }
        let all: HTML =
            applications.count > 1
            ? """
            <div class="actions"><button type="submit" name="remove_all" value="yes" class="end">\
            \(PageText.removeAll)</button></div>
            """ : .none
        return "<h2>\(PageText.applications)</h2>\(applications.map(section))\(all)"
    }

    private func section(_ application: UserApplication) -> HTML {
        let name = application.name ?? PageText.namelessApplication.text()
        let begin = application.sessions.map(policy.beginning).min()
        let state: HTML =
            application.sessions.isEmpty
            ? "<span class=\"state quiet\">\(PageText.noAccessNow)</span>"
            : "<span class=\"state good\">\(PageText.hasAccess)</span>"
        let used: HTML =
            application.sessions.isEmpty
            ? .none : "<dt>\(PageText.used)</dt><dd>\(lastUse(application))</dd>"
        return """
            <section class="item"><h2>\(name) \(state)</h2><dl>
            \(publisher(application))<dt>\(PageText.answersGoTo)</dt><dd>\(application.destinations.joined(separator: ", "))</dd>
            <dt>\(PageText.accessTo)</dt><dd>\(ScopeWords.inline(application.resources))</dd>
            <dt>\(PageText.allowed)</dt><dd>\(ScopeWords.inline(application.scopes.tokens))</dd>
            \(begin.map { "<dt>\(PageText.since)</dt><dd>\(PageTime.minute($0))</dd>" as HTML } ?? .none)\(used)</dl>
            \(application.consents.map(consent))
            <div class="actions"><button type="submit" name="remove" value="\(application.clientID)" class="end">\
            \(PageText.removeAccess)</button></div></section>
            """
    }

    // The address of a metadata document is proven by its host's certificate; a registered name is not.
    private func publisher(_ application: UserApplication) -> HTML {
        guard application.clientID.hasPrefix("https://"), let host = URIReference(application.clientID)?.host else {
            return .none
        }
        return "<dt>\(PageText.publishedBy)</dt><dd>\(host)</dd>"
    }

    private func lastUse(_ application: UserApplication) -> HTML {
        application.lastUsedAt.map(PageTime.minute) ?? PageText.unknownTime.html()
    }

    private func consent(_ consent: RememberedConsent) -> HTML {
        let until = PageText.notAskedUntil.html([
            "resource": "<code>\(consent.resource)</code>",
            "time": PageTime.minute(consent.givenAt + policy.consentLifetime),
        ])
        return """
            <p class="quiet">\(until)</p>
            <div class="actions"><button type="submit" name="forget" value="\(consent.id)">\(PageText.askMeAgain)</button></div>
            """
    }
}

/// Moments on pages.
enum PageTime {
    /// To the minute, which is precise enough for a person.
    static func minute(_ moment: Timestamp) -> HTML {
        let text = moment.rfc3339
        return
            "<time datetime=\"\(text)\">\(String(text.prefix(10))) \(String(text.dropFirst(11).prefix(5))) UTC</time>"
    }
}
