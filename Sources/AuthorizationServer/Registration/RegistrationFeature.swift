import OAuthState
import ServerConfiguration

/// RFC 7591, RFC 7592: clients that register themselves, and manage that, where the operator wants them.
struct RegistrationFeature: Feature {
    let endpoints: [any Endpoint]

    init(_ parts: ServerParts) {
        guard parts.configuration.registration.isDynamic else {
            endpoints = []
            return
        }
        // Without the administration's listing the sessions of a deleted registration could not be found.
        let management = parts.stores.administration.map { _ in
            RegistrationManagement(issuer: parts.configuration.issuer)
        }
        var endpoints: [any Endpoint] = [
            RegistrationEndpoint(
                clients: parts.stores.admittedClients,
                management: management,
                policy: parts.configuration.registrationPolicy,
                initialAccessToken: parts.secrets.initialAccessToken,
                limiter: parts.limiter,
                guesses: parts.guesses,
                random: parts.environment.random,
                metrics: parts.metrics,
                audit: parts.audit
            )
        ]
        if let administration = parts.stores.administration, let management {
            endpoints.append(
                RegistrationManagementEndpoint(
                    management: management,
                    clients: parts.stores.admittedClients,
                    policy: parts.configuration.registrationPolicy,
                    limiter: parts.limiter,
                    guesses: parts.guesses,
                    endings: SessionEndings(
                        administration: administration,
                        sessions: parts.stores.sessions,
                        vault: parts.stores.vault,
                        audit: parts.audit
                    ),
                    random: parts.environment.random,
                    metrics: parts.metrics,
                    audit: parts.audit
                )
            )
        }
        self.endpoints = endpoints
    }
}
