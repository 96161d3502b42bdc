import OAuthProtocol
import OAuthState
import ServerConfiguration

/// What all grants share; each takes what it needs.
struct GrantGround: Sendable {
    /// What the operator wants.
    let configuration: Configuration
    /// The state.
    let stores: Stores
    /// The resources that tokens may be for.
    let resources: ResourceCatalogue
    /// Issues our tokens.
    let responses: SessionTokenResponder
    /// The connections to providers, as grants use them.
    let upstreams: UpstreamAccess
    /// Verifies our own access tokens.
    let verification: AccessTokenVerification
    /// Says in delegated tokens which session they come from.
    let origins: SessionOrigins
    /// The issuers whose assertions are accepted.
    let trustedIssuers: TrustedIssuers
    /// The users whom they vouch for.
    let federatedUsers: FederatedUsers
    /// Counts what happens.
    let metrics: ServerMetrics
    /// Where what happened is recorded.
    let audit: AuditTrail

    /// Which scopes can be granted.
    var scopePolicy: ScopePolicy { ScopePolicy(supported: configuration.scopes) }

    /// The connections to providers, as grants use them.
    struct UpstreamAccess: Sendable {
        /// Finds the session of a presented access token.
        let subjects: ExchangeSubject
        /// Retrieves upstream tokens.
        let vending: UpstreamVending
        /// Ends sessions whose provider ended its grant.
        let endings: UpstreamEndings
        /// What must hold of a session's providers when it is refreshed.
        let refreshConditions: RefreshConditions
    }
}
