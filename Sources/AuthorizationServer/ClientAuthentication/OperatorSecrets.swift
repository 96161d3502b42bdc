import OAuthProtocol
import ServerConfiguration
import UpstreamIdentity

/// All secrets of the configuration that can change while the server runs (N-3).
struct OperatorSecrets: Sendable {
    /// The bearer tokens of the administration.
    let adminToken: AcceptedSecrets?
    /// The bearer tokens of registration.
    let initialAccessToken: AcceptedSecrets?
    /// What proxies send.
    let forwardAuth: AcceptedSecrets?
    /// What identity providers send to end all sessions of a user, by the upstream's name.
    let globalRevocation: [String: AcceptedSecrets]
    /// The secrets of pre-registered clients and of resource servers, by client id.
    let clients: [String: AcceptedSecrets]

    init(_ configuration: Configuration) {
        adminToken = AcceptedSecrets(configuration.management.adminToken)
        initialAccessToken = AcceptedSecrets(configuration.registration.initialAccessToken)
        forwardAuth = AcceptedSecrets(configuration.forwardAuth.secret)
        globalRevocation = Dictionary(
            configuration.upstreams.compactMap { upstream in
                AcceptedSecrets(upstream.globalRevocationToken).map { (upstream.name, $0) }
            },
            uniquingKeysWith: { first, _ in first }
        )
        clients = Dictionary(
            Self.clientSecrets(configuration).compactMap { id, reference in
                AcceptedSecrets(reference).map { (id, $0) }
            },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// Takes the secrets of a configuration that differs from the first one only in them.
    ///
    /// - Throws: ``UpstreamError`` when a provider's client could not be made of them; nothing is changed then.
    func adopt(_ configuration: Configuration, _ upstreams: UpstreamDirectory) throws(UpstreamError) {
        var settings: [UpstreamConfiguration] = []
        for upstream in configuration.upstreams {
            settings.append(try upstream.providerConfiguration(issuer: configuration.issuer))
            try settings.last?.check()
        }
        for setting in settings { upstreams[setting.name]?.adoptClient(of: setting) }
        adminToken?.replace(by: configuration.management.adminToken)
        initialAccessToken?.replace(by: configuration.registration.initialAccessToken)
        forwardAuth?.replace(by: configuration.forwardAuth.secret)
        for upstream in configuration.upstreams {
            globalRevocation[upstream.name]?.replace(by: upstream.globalRevocationToken)
        }
        for (id, reference) in Self.clientSecrets(configuration) { clients[id]?.replace(by: reference) }
    }

    private static func clientSecrets(_ configuration: Configuration) -> [(String, SecretReference?)] {
        configuration.clients.map { ($0.clientID, $0.clientSecret) }
            + configuration.resources.compactMap { resource in resource.clientID.map { ($0, resource.clientSecret) } }
    }
}
