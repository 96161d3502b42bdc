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
            tracer: parts.environment.tracer,
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
        // What only an administrator may do; nothing without a way to be one.
        if parts.secrets.adminToken != nil || parts.configuration.management.socket != nil {
            let admin = AdministratorAuthentication(
                token: parts.secrets.adminToken,
                users: parts.environment.localAdministrators,
                requests: local,
                guesses: parts.guesses
            )
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
