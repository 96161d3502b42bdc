import OAuthState

/// The providers that logins visit, and what happens to their answers.
struct ProviderLegs: Sendable {
    /// The providers.
    let upstreams: UpstreamDirectory
    /// Stores their tokens.
    let keeper: ConnectionKeeper
    /// Whether an account that logged in earlier is still accepted.
    let accounts: AccountAdmission
    /// Which of their claims go into our tokens, by the upstream's name.
    let claimMappings: [String: ClaimMapping]
    /// Reports their failures.
    let failures: LegFailures
    /// The users whom the operator keeps out; `nil` for a store without administration.
    let blocks: (any BlockStore)?
}
