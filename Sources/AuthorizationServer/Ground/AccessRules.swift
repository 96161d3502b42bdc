package import OAuthProtocol
package import ServerConfiguration
package import UpstreamIdentity

/// `allow`: which accounts and users are accepted, and which scopes they get, by what a provider says of them.
///
/// At a login only an account that complies is accepted. At a refresh only a definite no counts: what the provider does
/// not say then is no reason to end a session.
package struct AccessRules: Sendable {
    private let upstreams: [String: ClaimRule]
    private let resources: [String: ClaimRule]
    private let clients: [String: ClaimRule]
    private let scopes: [String: [String: ClaimRule]]
    private let fleets: [ResourcePattern]
    private let single: Set<String>
    /// The GitHub organisations and teams that any rule names.
    package let organizations: OrganizationNames

    /// When a rule is applied.
    package enum Stage: Sendable {
        case login
        case refresh
    }

    /// No rule: every account is accepted.
    package init() {
        upstreams = [:]
        resources = [:]
        clients = [:]
        scopes = [:]
        fleets = []
        single = []
        organizations = OrganizationNames()
    }

    /// The rules of a configuration.
    package init(_ configuration: Configuration) {
        upstreams = Self.table(configuration.upstreams.map { ($0.name, $0.access) })
        resources = Self.table(configuration.resources.map { ($0.uri, $0.access) })
        clients = Self.table(configuration.clients.map { ($0.clientID, $0.access) })
        single = Set(configuration.resources.map(\.uri))
        fleets = configuration.resources.compactMap { ResourcePattern($0.uri) }
        scopes = Self.table(configuration.resources.map { ($0.uri, $0.scopeAccess.isEmpty ? nil : $0.scopeAccess) })
        let all =
            configuration.upstreams.map(\.access) + configuration.clients.map(\.access)
            + configuration.resources.flatMap { [$0.access] + $0.scopeAccess.values.map(Optional.some) }
        organizations = OrganizationNames(
            organizations: all.flatMap { $0?.texts(of: OrganizationNames.organizationClaim) ?? [] },
            teams: all.flatMap { $0?.texts(of: OrganizationNames.teamClaim) ?? [] }
        )
    }

    private static func table<Rule>(_ pairs: [(String, Rule?)]) -> [String: Rule] {
        Dictionary(pairs.compactMap { name, rule in rule.map { (name, $0) } }, uniquingKeysWith: { first, _ in first })
    }

    /// Whether nothing is configured.
    package var isEmpty: Bool { upstreams.isEmpty && !concernsUsers }

    /// Whether there is a rule about the accounts at a provider.
    package func concernsAccounts(at upstream: String) -> Bool { upstreams[upstream] != nil }

    /// Whether a rule is about the user whom a session's first provider identifies.
    private var concernsUsers: Bool { !(resources.isEmpty && clients.isEmpty && scopes.isEmpty) }

    /// What rules are applied to: the provider's claims, and the domain of an address that the provider has verified.
    ///
    /// A claim of the provider's cannot take the place of that domain.
    package static func facts(_ claims: JSONObject, verifiedEmail: String?) -> JSONObject {
        var facts = claims
        let parts = verifiedEmail?.split(separator: "@", omittingEmptySubsequences: false)
        facts["email_domain"] = parts.flatMap { parts in
            parts.count == 2 ? parts.last.map { .string($0.lowercased()) } : nil
        }
        return facts
    }

    /// The rule that refuses an account at a provider; `nil` for an accepted account.
    package func refusal(ofAccount facts: JSONObject, at upstream: String, _ stage: Stage) -> String? {
        Self.holds(upstreams[upstream], facts, stage) ? nil : "the upstream \(upstream)"
    }

    /// The rule that refuses a user; `nil` for an accepted user.
    package func refusal(
        ofUser facts: JSONObject,
        resource: String,
        clientID: String,
        _ stage: Stage
    ) -> String? {
        guard Self.holds(resources[configured(resource)], facts, stage) else { return "the resource" }
        return Self.holds(clients[clientID], facts, stage) ? nil : "the client"
    }

    /// The scopes of a resource that the user does not get.
    package func withheld(from facts: JSONObject, resource: String, _ stage: Stage) -> ScopeSet {
        ScopeSet(
            scopes[configured(resource), default: [:]].filter { !Self.holds($0.value, facts, stage) }.keys.sorted()
        )
    }

    // A resource of its own precedes the fleet that its address would belong to.
    private func configured(_ resource: String) -> String {
        guard !single.contains(resource) else { return resource }
        return fleets.first { $0.matches(resource) }?.text ?? resource
    }

    private static func holds(_ rule: ClaimRule?, _ facts: JSONObject, _ stage: Stage) -> Bool {
        switch rule?.verdict(on: facts) {
        case nil, .accepted: true
        case .refused: false
        case .unknown: stage == .refresh
        }
    }
}
