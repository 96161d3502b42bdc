import OAuthProtocol
import OAuthState
import UpstreamIdentity

/// The providers that logins visit, and what happens to their answers.
struct ProviderLegs: Sendable {
    /// The providers.
    let upstreams: UpstreamDirectory
    /// Stores their tokens.
    let keeper: ConnectionKeeper
    /// Which accounts and users are accepted.
    let accounts: AccountAdmission
    /// Which of their claims go into our tokens, by the upstream's name.
    let claimMappings: [String: ClaimMapping]
    /// Reports their failures.
    let failures: LegFailures
    /// The users whom the operator keeps out; `nil` for a store without administration.
    let blocks: (any BlockStore)?
}

extension ProviderLegs {
    /// Refuses an account that `allow` of its provider does not accept, or, where it identifies the user of a login,
    /// `allow` of the resource or the client.
    ///
    /// - Throws: ``UpstreamError`` `notAdmitted`, before anything of the login is stored.
    func checkAccess(
        _ login: UpstreamLogin,
        at provider: UpstreamProvider,
        identifying request: AuthorizationRequest? = nil
    ) async throws(UpstreamError) {
        let facts = try await facts(login, at: provider, isFresh: true)
        var refusal = accounts.rules.refusal(ofAccount: facts, at: provider.name, .login)
        if refusal == nil, let request {
            refusal = accounts.rules.refusal(
                ofUser: facts,
                resource: request.resource,
                clientID: request.clientID,
                .login
            )
            let withheld = accounts.rules.withheld(from: facts, resource: request.resource, .login)
            if refusal == nil, !request.scopes.isEmpty, request.scopes.isSubset(of: withheld) {
                refusal = "the requested scopes"
            }
        }
        guard let refusal else { return }
        throw UpstreamError(.notAdmitted, "allow of \(refusal) does not accept the account")
    }

    // What a login needs to know, and cannot find out now, is an outage and no refusal.
    private func facts(
        _ login: UpstreamLogin,
        at provider: UpstreamProvider,
        isFresh: Bool
    ) async throws(UpstreamError) -> JSONObject {
        let facts = AccessRules.facts(login.claims, verifiedEmail: login.verifiedEmail)
        let names = accounts.rules.organizations
        guard provider.hasOrganizations, !names.isEmpty else { return facts }
        let found = await provider.organizationClaims(
            names,
            of: login.subject,
            named: login.accountName,
            accessToken: login.accessToken,
            isFresh: isFresh
        )
        guard found.answers(names) else {
            throw UpstreamError.temporary("the provider does not say to which organisations the account belongs")
        }
        return facts.replacingOrganizations(found)
    }

    /// The scopes that `allow_scopes` withholds from the user whom a login identified.
    ///
    /// - Throws: ``UpstreamError`` of a provider that no longer says what a rule is about.
    func withheldScopes(
        _ login: UpstreamLogin,
        at provider: UpstreamProvider,
        for request: AuthorizationRequest
    ) async throws(UpstreamError) -> ScopeSet {
        let facts = try await facts(login, at: provider, isFresh: false)
        return accounts.rules.withheld(from: facts, resource: request.resource, .login)
    }
}

extension JSONObject {
    /// Whether a look-up decided about all kinds of names.
    fileprivate func answers(_ names: OrganizationNames) -> Bool {
        (names.organizations.isEmpty || self[OrganizationNames.organizationClaim] != nil)
            && (names.teams.isEmpty || self[OrganizationNames.teamClaim] != nil)
    }

    /// The facts with what a look-up found; a claim of the provider's cannot take its place.
    func replacingOrganizations(_ found: JSONObject) -> JSONObject {
        var facts = self
        for name in [OrganizationNames.organizationClaim, OrganizationNames.teamClaim] { facts[name] = found[name] }
        return facts
    }
}
