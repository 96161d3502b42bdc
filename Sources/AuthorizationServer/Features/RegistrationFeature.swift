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
            RegistrationManagement(
                issuer: parts.configuration.issuer,
                policy: parts.configuration.registrationPolicy,
                random: parts.environment.random
            )
        }
        let rules = RegistrationEndpoint.Rules(
            policy: parts.configuration.registrationPolicy,
            initialAccessToken: parts.secrets.initialAccessToken,
            management: management
        )
        var endpoints: [any Endpoint] = [
            RegistrationEndpoint(
                clients: parts.stores.admittedClients,
                rules: rules,
                limiter: parts.limiter,
                guesses: parts.guesses,
                random: parts.environment.random,
                instruments: parts.instruments
            )
        ]
        if let administration = parts.stores.administration, let management {
            endpoints.append(
                RegistrationManagementEndpoint(
                    management: management,
                    clients: parts.stores.admittedClients,
                    limiter: parts.limiter,
                    guesses: parts.guesses,
                    endings: SessionEndings(
                        administration: administration,
                        sessions: parts.stores.sessions,
                        vault: parts.stores.vault,
                        audit: parts.audit
                    ),
                    instruments: parts.instruments
                )
            )
        }
        self.endpoints = endpoints
    }
}
