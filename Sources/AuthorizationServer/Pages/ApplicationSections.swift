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
            return "<h2>Applications</h2><p>No application has access.</p>"
        }
        let all: HTML =
            applications.count > 1
            ? """
            <div class="actions"><button type="submit" name="remove_all" value="yes" class="end">Remove the access of all \
            applications</button></div>
            """ : .none
        return "<h2>Applications</h2>\(applications.map(section))\(all)"
    }

    private func section(_ application: UserApplication) -> HTML {
        let name = application.name ?? "An application without a name"
        let begin = application.sessions.map(policy.beginning).min()
        let state: HTML =
            application.sessions.isEmpty
            ? "<span class=\"state quiet\">No access now</span>" : "<span class=\"state good\">Has access</span>"
        let used: HTML =
            application.sessions.isEmpty
            ? .none : "<dt>Used</dt><dd>\(application.lastUsedAt.map(PageTime.minute) ?? "unknown")</dd>"
        return """
            <section class="item"><h2>\(name) \(state)</h2><dl>
            \(publisher(application))<dt>Answers go to</dt><dd>\(application.destinations.joined(separator: ", "))</dd>
            <dt>Access to</dt><dd>\(ScopeWords.inline(application.resources))</dd>
            <dt>Allowed</dt><dd>\(ScopeWords.inline(application.scopes.tokens))</dd>
            \(begin.map { "<dt>Since</dt><dd>\(PageTime.minute($0))</dd>" as HTML } ?? .none)\(used)</dl>
            \(application.consents.map(consent))
            <div class="actions"><button type="submit" name="remove" value="\(application.clientID)" class="end">\
            Remove access</button></div></section>
            """
    }

    // The address of a metadata document is proven by its host's certificate; a registered name is not.
    private func publisher(_ application: UserApplication) -> HTML {
        guard application.clientID.hasPrefix("https://"), let host = URIReference(application.clientID)?.host else {
            return .none
        }
        return "<dt>Published by</dt><dd>\(host)</dd>"
    }

    private func consent(_ consent: RememberedConsent) -> HTML {
        """
        <p class="quiet">You are not asked again for <code>\(consent.resource)</code> until \
        \(PageTime.minute(consent.givenAt + policy.consentLifetime)).</p>
        <div class="actions"><button type="submit" name="forget" value="\(consent.id)">Ask me again</button></div>
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
