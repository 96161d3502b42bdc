import OAuthProtocol
import OAuthState
import ServerConfiguration

/// What all grants share; each takes what it needs.
struct GrantGround: Sendable {
    /// What the operator wants.
    let configuration: Configuration
    /// The state.
    let stores: Stores
    /// Our own tokens.
    let tokens: OwnTokens
    /// The connections to providers, as grants use them.
    let upstreams: UpstreamAccess
    /// Other issuers' assertions.
    let assertions: Assertions
    /// Counts and records what happens.
    let instruments: Instruments

    /// The resources that tokens may be for.
    var resources: ResourceCatalogue { tokens.resources }
    /// Issues our tokens.
    var responses: SessionTokenResponder { tokens.responses }
    /// Verifies our own access tokens.
    var verification: AccessTokenVerification { tokens.verification }
    /// Says in delegated tokens which session they come from.
    var origins: SessionOrigins { tokens.origins }
    /// Verifies the proofs of bound subject tokens.
    var subjectProofs: SubjectProofs { tokens.subjectProofs }
    /// The issuers whose assertions are accepted.
    var trustedIssuers: TrustedIssuers { assertions.trustedIssuers }
    /// The users whom they vouch for.
    var federatedUsers: FederatedUsers { assertions.users }
    /// Counts what happens.
    var metrics: ServerMetrics { instruments.metrics }
    /// Where what happened is recorded.
    var audit: AuditTrail { instruments.audit }
    /// Which scopes can be granted.
    var scopePolicy: ScopePolicy { ScopePolicy(supported: configuration.scopes) }

    /// What grants do with our own tokens.
    struct OwnTokens: Sendable {
        /// The resources that tokens may be for.
        let resources: ResourceCatalogue
        /// Issues our tokens.
        let responses: SessionTokenResponder
        /// Verifies our own access tokens.
        let verification: AccessTokenVerification
        /// Says in delegated tokens which session they come from.
        let origins: SessionOrigins
        /// Verifies the proofs of bound subject tokens.
        let subjectProofs: SubjectProofs
    }

    /// What grants do with other issuers' assertions.
    struct Assertions: Sendable {
        /// The issuers whose assertions are accepted.
        let trustedIssuers: TrustedIssuers
        /// The users whom they vouch for.
        let users: FederatedUsers
    }

    /// The connections to providers, as grants use them.
    struct UpstreamAccess: Sendable {
        /// Finds the session of a presented access token.
        let subjects: ExchangeSubject
        /// Retrieves upstream tokens.
        let retrievals: UpstreamRetrievals
        /// Ends sessions whose provider ended its grant.
        let endings: UpstreamEndings
        /// What must hold of a session's providers when it is refreshed.
        let refreshConditions: RefreshConditions
        /// Checks the accounts of sessions against what the operator accepts.
        let admission: AccountAdmission
    }
}
