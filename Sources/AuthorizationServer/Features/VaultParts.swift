import OAuthProtocol
import OAuthState
import ServerConfiguration

/// What keeps, refreshes and ends connections to providers.
struct VaultParts: Sendable {
    /// The providers.
    private(set) var upstreams: UpstreamDirectory
    /// Seals the tokens.
    let sealing: TokenSealing
    /// The only place that refreshes, so that no two parts refresh a connection at once.
    let refreshes: UpstreamRefreshes
    /// The tokens that follow from other upstreams' connections.
    let chainedTokens = ChainedTokens()
    /// The operator's own tokens.
    let machineTokens = MachineTokens()
    /// Ends connections, here and at the provider.
    let ending: ConnectionEnding
    /// Replaces the keys of the vault.
    let keyRotation: VaultKeyRotation
    /// What is left to revoke at providers.
    let revocations: ProviderRevocations
    /// Ends connections that no session uses.
    let unusedConnections: UnusedConnections

    /// The parts over the vault; no request is sent to a provider.
    ///
    /// - Throws: ``UpstreamError`` `misconfigured`, which stops the start.
    init(
        _ configuration: Configuration,
        _ environment: ServerEnvironment,
        stores: Stores,
        keys: VaultKeys,
        work: BackgroundWork,
        instruments: Instruments
    ) async throws {
        sealing = TokenSealing(keys: keys, random: environment.random)
        upstreams = try await UpstreamAssembly(
            configuration: configuration,
            environment: environment,
            stores: stores,
            sealing: sealing,
            audit: instruments.audit,
            work: work
        ).directory()
        refreshes = UpstreamRefreshes(
            store: stores.vault,
            holder: LeaseHolder(random: environment.random),
            sealing: sealing,
            timeSource: environment.timeSource,
            work: work,
            instruments: instruments
        )
        ending = ConnectionEnding(
            vault: stores.vault,
            upstreams: upstreams,
            sealing: sealing,
            logger: environment.logger
        )
        keyRotation = VaultKeyRotation(
            secrets: stores.keys,
            keys: keys,
            sealing: sealing,
            vault: stores.vault,
            random: environment.random,
            logger: environment.logger
        )
        revocations = ProviderRevocations(ending: ending, metrics: instruments.metrics, audit: instruments.audit)
        unusedConnections = UnusedConnections(
            sessions: stores.sessions,
            vault: stores.vault,
            resources: configuration.resourceCatalogue,
            upstreams: Set(configuration.upstreams.filter(\.revokesWithLastSession).map(\.name)),
            revocations: revocations
        )
    }
    /// The same with the rules of logins of a configuration that was reloaded.
    func reloaded(_ configuration: Configuration) -> VaultParts {
        var parts = self
        parts.upstreams = upstreams.replacing(
            logins: LoginRules(resources: configuration.resourceCatalogue, identity: configuration.identity)
        )
        return parts
    }
}
