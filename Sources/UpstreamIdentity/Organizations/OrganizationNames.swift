import OAuthProtocol

/// GitHub organisations and teams that the operator's rules name.
package struct OrganizationNames: Hashable, Sendable {
    /// Organisations by their login, such as `acme`.
    package private(set) var organizations: Set<String> = []
    /// Teams by organisation and slug, such as `acme/platform`.
    package private(set) var teams: Set<String> = []

    /// The claim of a GitHub account that has its organisations.
    package static let organizationClaim = "organization"
    /// The claim of a GitHub account that has its teams.
    package static let teamClaim = "team"
    /// The most names that are looked up for one account.
    package static let countMax = 16

    /// The names among texts; others cannot be looked up.
    package init(organizations: [String] = [], teams: [String] = []) {
        self.organizations = Set(organizations.filter(Self.isOrganization))
        self.teams = Set(teams.filter(Self.isTeam))
    }

    /// Whether there is nothing to look up.
    package var isEmpty: Bool { organizations.isEmpty && teams.isEmpty }

    /// Whether a text can be an organisation's login; nothing in it could lead to another address.
    package static func isOrganization(_ text: String) -> Bool {
        1...64 ~= text.utf8.count && text.utf8.allSatisfy(isNameByte)
    }

    /// Whether a text can be an organisation's login and a team's slug.
    package static func isTeam(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        return parts.count == 2 && parts.allSatisfy(isOrganization)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
