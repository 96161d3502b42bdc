import OAuthState
import ServerConfiguration

/// RFC 7591: clients that register themselves, where the operator wants them.
struct RegistrationFeature: Feature {
    let endpoints: [any Endpoint]

    init(_ parts: ServerParts) {
        guard parts.configuration.registration.isDynamic else {
            endpoints = []
            return
        }
        endpoints = [
            RegistrationEndpoint(
                clients: parts.stores.admittedClients,
                rules: RegistrationEndpoint.Rules(
                    policy: parts.configuration.registrationPolicy,
                    initialAccessToken: parts.secrets.initialAccessToken
                ),
                limiter: parts.limiter,
                guesses: parts.guesses,
                random: parts.environment.random,
                instruments: parts.instruments
            )
        ]
    }
}
