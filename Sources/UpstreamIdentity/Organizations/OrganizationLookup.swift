import Foundations
package import OAuthProtocol
import OutboundHTTP
import Synchronization

/// Asks GitHub whether an account belongs to organisations and teams, which no token of GitHub says.
///
/// Only a definite answer counts, and is remembered for a while: an outage neither admits nor excludes anybody.
final class OrganizationLookup: Sendable {
    /// How long an answer is used.
    static let lifetime: Duration = .seconds(300)
    /// The most answers that are remembered.
    static let countMax = 16_384

    private struct Key: Hashable {
        let account: String
        let path: String
    }

    private struct Answer {
        let isMember: Bool
        let askedAt: Timestamp
    }

    private let exchange: UpstreamExchange
    private let base: String
    private let fields: [UpstreamParameter]
    private let timeSource: any TimeSource
    private let answers = Mutex<[Key: Answer]>([:])

    /// A look-up at the API below `base`.
    init(exchange: UpstreamExchange, base: String, fields: [UpstreamParameter], timeSource: any TimeSource) {
        self.exchange = exchange
        self.base = base
        self.fields = fields
        self.timeSource = timeSource
    }

    /// One account, and the token that answers for it.
    struct Account: Sendable, Redacted {
        let subject: String
        let login: String?
        let accessToken: String
    }

    /// The claims about an account: each has those of the names to which it belongs, and is left out while one of them
    /// is undecided.
    func claims(_ names: OrganizationNames, of account: Account, isFresh: Bool) async -> JSONObject {
        var claims: JSONObject = [:]
        let organizations = await members(names.organizations, account, isFresh: isFresh) { name in
            "/user/memberships/orgs/" + name
        }
        claims[OrganizationNames.organizationClaim] = organizations.map(JSONValue.strings)
        let teams = await members(names.teams, account, isFresh: isFresh) { name in
            // A name that has no slash is none, and is not in the set.
            let parts = name.split(separator: "/")
            guard parts.count == 2, let login = account.login, OrganizationNames.isOrganization(login) else {
                return nil
            }
            return "/orgs/\(parts[0])/teams/\(parts[1])/memberships/\(login)"
        }
        claims[OrganizationNames.teamClaim] = teams.map(JSONValue.strings)
        return claims
    }

    private func members(
        _ names: Set<String>,
        _ account: Account,
        isFresh: Bool,
        path: (String) -> String?
    ) async -> [String]? {
        guard !names.isEmpty else { return nil }
        var members: [String] = []
        for name in names.sorted().prefix(OrganizationNames.countMax) {
            guard let path = path(name), let isMember = await isMember(path, account, isFresh: isFresh) else {
                return nil
            }
            if isMember { members.append(name) }
        }
        return members
    }

    private func isMember(_ path: String, _ account: Account, isFresh: Bool) async -> Bool? {
        let key = Key(account: account.subject, path: path)
        let now = timeSource.now()
        if !isFresh, let known = answers.withLock({ $0[key] }), Self.isCurrent(known, now) { return known.isMember }
        // The name in a team's address may be another account's by now, which the answer would be about.
        if !isFresh, let login = account.login, path.hasSuffix("/" + login), !(await isStillNamed(login, account)) {
            return nil
        }
        guard let isMember = await ask(path, account) else { return nil }
        answers.withLock { answers in
            if answers[key] == nil, answers.count >= Self.countMax {
                answers = answers.filter { Self.isCurrent($0.value, now) }
                if answers.count >= Self.countMax { answers = [:] }
            }
            answers[key] = Answer(isMember: isMember, askedAt: now)
        }
        return isMember
    }

    // A clock that is set back must not lengthen the life of an answer.
    private static func isCurrent(_ answer: Answer, _ now: Timestamp) -> Bool {
        answer.askedAt <= now && now - answer.askedAt < lifetime
    }

    private func isStillNamed(_ login: String, _ account: Account) async -> Bool {
        guard let response = await get("/user", account), response.status == 200,
            let object = UpstreamAnswer.readObject(response)
        else { return false }
        let isSame = object["id"]?.integerValue.map { String($0).hasSameBytes(as: account.subject) } ?? true
        return isSame && object["login"]?.stringValue?.lowercased() == login.lowercased()
    }

    // 302: the account may not see the organisation, because it does not belong to it. 401 and 403 say something of the
    // token or of the organisation's rules for applications, not of the account.
    private func ask(_ path: String, _ account: Account) async -> Bool? {
        guard let response = await get(path, account) else { return nil }
        switch response.status {
        case 200:
            // A membership that was offered and not accepted is none.
            guard let state = UpstreamAnswer.readObject(response)?["state"]?.stringValue else { return nil }
            return state == "active"
        case 302, 404: return false
        default: return nil
        }
    }

    private func get(_ path: String, _ account: Account) async -> OutboundResponse? {
        let authorization = (name: "Authorization", value: "Bearer " + account.accessToken)
        // An outage decides nothing.
        return try? await exchange.get(
            base + path,
            headerFields: [authorization] + fields.map { ($0.name, $0.value) }
        )
    }
}

extension UpstreamProvider {
    /// Whether accounts here belong to organisations and teams that rules may name.
    package var hasOrganizations: Bool { organizations != nil }

    /// Claims about the organisations and teams of an account, as far as the provider answers definitely.
    ///
    /// - Parameters:
    ///   - names: Those that rules name; nothing is asked without one.
    ///   - subject: The account's stable identifier.
    ///   - login: The account's name, which addresses of teams contain.
    ///   - accessToken: The account's token.
    ///   - isFresh: Whether answers of the last minutes do not count, as at a login.
    /// - Returns: `organization` and `team`; one is missing where an answer is.
    package func organizationClaims(
        _ names: OrganizationNames,
        of subject: String,
        named login: String?,
        accessToken: String,
        isFresh: Bool
    ) async -> JSONObject {
        guard let organizations, !names.isEmpty else { return [:] }
        let account = OrganizationLookup.Account(subject: subject, login: login, accessToken: accessToken)
        return await organizations.claims(names, of: account, isFresh: isFresh)
    }

    /// The look-up of a provider with organisations; `nil` for any other.
    static func organizations(
        _ configuration: UpstreamConfiguration,
        _ exchange: UpstreamExchange,
        timeSource: any TimeSource
    ) -> OrganizationLookup? {
        let suffix = "/user"
        guard configuration.behaviour.hasOrganizations, case .oauth2(let endpoints) = configuration.kind,
            case .userInfo(let mapping) = endpoints.identity, mapping.endpoint.hasSuffix(suffix)
        else { return nil }
        return OrganizationLookup(
            exchange: exchange,
            base: String(mapping.endpoint.dropLast(suffix.count)),
            fields: configuration.behaviour.userInfoFields,
            timeSource: timeSource
        )
    }
}
