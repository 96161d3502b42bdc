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
    ) throws(UpstreamError) {
        let facts = AccessRules.facts(login.claims, verifiedEmail: login.verifiedEmail)
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

    /// The scopes that `allow_scopes` withholds from the user whom a login identified.
    func withheldScopes(_ login: UpstreamLogin, for request: AuthorizationRequest) -> ScopeSet {
        let facts = AccessRules.facts(login.claims, verifiedEmail: login.verifiedEmail)
        return accounts.rules.withheld(from: facts, resource: request.resource, .login)
    }
}
