import OAuthProtocol
import OAuthState
import ServerConfiguration
import UpstreamIdentity

/// The parts that retrieve, refresh, list and end upstream connections.
extension ServerParts {
    var exchangeSubjects: ExchangeSubject {
        ExchangeSubject(resources: resources, verification: verification, proofs: subjectProofs)
    }

    var connectLinks: ConnectLinks {
        ConnectLinks(issuer: configuration.issuer, sealing: seals.pages, random: environment.random)
    }

    var retrievals: UpstreamRetrievals {
        UpstreamRetrievals(
            credentials: UpstreamCredentials(
                vault: stores.vault,
                sessions: stores.sessions,
                upstreams: upstreams,
                sealing: vault.sealing,
                refreshes: vault.refreshes,
                unstored: unstoredCredentials
            ),
            links: connectLinks,
            random: environment.random,
            metrics: metrics,
            audit: audit
        )
    }

    var unstoredCredentials: UnstoredCredentials {
        UnstoredCredentials(
            chained: chainedCredentials,
            machine: MachineCredentials(
                sessions: stores.sessions,
                accounts: accountAdmission,
                settings: MachineCredentials.Settings(configuration),
                tokens: vault.machineTokens,
                instruments: instruments
            )
        )
    }

    private var chainedCredentials: ChainedCredentials {
        ChainedCredentials(
            vault: stores.vault,
            sessions: stores.sessions,
            upstreams: upstreams,
            tokens: vault.chainedTokens,
            steps: ChainedSteps(
                sealing: vault.sealing,
                refreshes: vault.refreshes,
                timeSource: environment.timeSource,
                instruments: instruments
            )
        )
    }

    var connectionKeeper: ConnectionKeeper {
        ConnectionKeeper(
            vault: stores.vault,
            upstreams: upstreams,
            sealing: vault.sealing,
            random: environment.random
        )
    }

    var accountAdmission: AccountAdmission {
        AccountAdmission(
            connections: stores.vault,
            sessions: stores.sessions,
            upstreams: upstreams,
            sealing: vault.sealing,
            rules: AccessRules(configuration)
        )
    }

    var enteredConnections: EnteredConnections {
        EnteredConnections(keeper: connectionKeeper, sealing: vault.sealing)
    }

    var upstreamNames: UpstreamNames {
        UpstreamNames(upstreams, vault: stores.vault, sealing: vault.sealing, logger: environment.logger)
    }

    /// What the server does at providers without a request.
    var providerDuties: ProviderDuties {
        ProviderDuties(work: work, refresh: backgroundRefresh, others: upstreamDuties)
    }

    private var backgroundRefresh: BackgroundRefresh {
        BackgroundRefresh(
            vault: stores.vault,
            upstreams: upstreams,
            names: Set(configuration.upstreams.filter(\.refreshesInBackground).map(\.name)),
            refreshes: vault.refreshes,
            work: work,
            logger: environment.logger
        )
    }

    /// The work at providers that no request causes.
    private var upstreamDuties: UpstreamDuties {
        UpstreamDuties(
            registrations: UpstreamRegistrations(
                upstreams,
                names: configuration.upstreams.filter { $0.selfRegistration != nil }.map(\.name)
            ),
            unusedConnections: vault.unusedConnections,
            vaultKeys: vault.keyRotation,
            revocations: vault.revocations,
            reminders: ExpiryReminders(
                vault: stores.vault,
                periods: Dictionary(
                    configuration.upstreams.filter { $0.preset == .entered && $0.entered.lifetime != nil }
                        .map { ($0.name, $0.entered.reminder) },
                    uniquingKeysWith: { first, _ in first }
                ),
                audit: audit,
                logger: environment.logger
            ),
            work: work
        )
    }
}
