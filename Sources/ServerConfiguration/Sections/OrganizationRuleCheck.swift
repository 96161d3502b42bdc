import UpstreamIdentity

/// Checks `allow` of a GitHub upstream by organisation or team, which are looked up by their names.
struct OrganizationRuleCheck {
    let section: ConfigurationCursor

    /// Reports names that cannot be looked up, too many of them, and a token that would not see them.
    func check(_ upstream: Configuration.Upstream) {
        guard upstream.preset.hasOrganizations, let rule = upstream.access else { return }
        let organizations = rule.texts(of: OrganizationNames.organizationClaim)
        let teams = rule.texts(of: OrganizationNames.teamClaim)
        for name in organizations where !OrganizationNames.isOrganization(name) {
            section["allow"]?.refuse("\(name) is not the name of an organisation; patterns cannot be looked up")
        }
        for name in teams where !OrganizationNames.isTeam(name) {
            section["allow"]?.refuse("\(name) is not a team, which is written organisation/team")
        }
        let count = Set(organizations).count + Set(teams).count
        if count > OrganizationNames.countMax {
            section["allow"]?.refuse("names more than \(OrganizationNames.countMax) organisations and teams")
        }
        // GitHub App permissions are not scopes.
        let scopes = Set(upstream.scopes ?? upstream.preset.scopes)
        guard count > 0, upstream.preset == .github, scopes.isDisjoint(with: ["read:org", "write:org", "admin:org"])
        else { return }
        section["allow"]?.refuse("organization and team need the scope read:org")
    }
}
