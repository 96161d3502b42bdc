import OAuthProtocol
import OAuthState
import ServerConfiguration

/// The parts that retrieve, refresh, list and end upstream connections.
extension ServerParts {
    var exchangeSubjects: ExchangeSubject {
        ExchangeSubject(resources: resources, verification: verification)
    }

    var connectLinks: ConnectLinks {
        ConnectLinks(issuer: configuration.issuer, sealing: pageSealing, random: environment.random)
    }

    var vending: UpstreamVending {
        UpstreamVending(
            credentials: UpstreamCredentials(
                vault: stores.vault,
                sessions: stores.sessions,
                upstreams: upstreams,
                sealing: sealing,
                refreshes: refreshes
            ),
            links: connectLinks,
            random: environment.random,
            metrics: metrics,
            audit: audit
        )
    }

    var connectionKeeper: ConnectionKeeper {
        ConnectionKeeper(
            vault: stores.vault,
            upstreams: upstreams,
            sealing: sealing,
            random: environment.random
        )
    }

    var upstreamNames: UpstreamNames {
        UpstreamNames(upstreams, vault: stores.vault, sealing: sealing, logger: environment.logger)
    }

    var backgroundRefresh: BackgroundRefresh {
        BackgroundRefresh(
            vault: stores.vault,
            upstreams: upstreams,
            names: Set(configuration.upstreams.filter(\.refreshesInBackground).map(\.name)),
            refreshes: refreshes,
            work: work,
            logger: environment.logger
        )
    }

    /// The work at providers that no request causes.
    var upstreamDuties: UpstreamDuties {
        UpstreamDuties(
            registrations: UpstreamRegistrations(
                upstreams,
                names: configuration.upstreams.filter { $0.registration != nil }.map(\.name)
            ),
            lastSessions: lastSessions,
            vaultKeys: vaultKeyRotation,
            revocations: providerRevocations,
            work: work
        )
    }
}
