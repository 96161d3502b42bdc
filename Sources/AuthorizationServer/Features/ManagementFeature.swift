import OAuthState
import ServerConfiguration

/// Health, metrics and administration, on the management address.
struct ManagementFeature: Feature {
    let endpoints: [any Endpoint]

    init(
        _ parts: ServerParts,
        readiness: Readiness,
        serverCounters: ServerCountersSource,
        rotation: SigningKeyRotation,
        operations: OperatorRequests
    ) {
        let gauges = ServerGauges(
            upkeep: parts.stores.upkeep,
            counters: serverCounters,
            tables: ServerGauges.Tables(
                limiter: parts.limiter,
                guesses: parts.limits.guessed,
                seenTokens: parts.seenTokens,
                recentProofs: parts.recentProofs,
                clientKeySets: parts.clients.keySets
            ),
            droppedLogLineCount: parts.environment.droppedLogLineCount,
            instruments: parts.instruments
        )
        let local = LocalRequests(hosts: parts.configuration.management.hosts)
        let guarded: [any Endpoint] = [
            LivenessEndpoint(),
            ReadinessEndpoint(readiness: readiness, upkeep: parts.stores.upkeep, audit: parts.audit),
            MetricsEndpoint(registry: parts.registry, gauges: gauges),
        ]
        // Forward authentication is without the guard: Host and Origin of its requests are those of the proxy's
        // clients.
        var endpoints = guarded.map(local.guarding) + [parts.forwardAuth(.management)]
        // What only the holder of the administrator's token may do; nothing without a token.
        if let token = parts.secrets.adminToken {
            let admin = AdministratorAuthentication(token: token, requests: local, guesses: parts.guesses)
            endpoints += parts.administration(
                admin,
                readiness: readiness,
                rotation: rotation,
                operations: operations
            )
        }
        self.endpoints = endpoints
    }
}
