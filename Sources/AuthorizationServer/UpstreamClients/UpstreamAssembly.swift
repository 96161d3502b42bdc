import Logging
import OAuthProtocol
import OAuthState
import OutboundHTTP
import ServerConfiguration
import UpstreamIdentity

/// Creates the configured providers, and registers this server where that is configured.
struct UpstreamAssembly: Sendable {
    let configuration: Configuration
    let environment: ServerEnvironment
    let stores: Stores
    let sealing: TokenSealing
    let audit: AuditTrail
    let work: BackgroundWork

    /// The providers in order; no request is sent to them.
    ///
    /// - Throws: ``UpstreamError`` `misconfigured`, which stops the start.
    func directory() async throws(UpstreamError) -> UpstreamDirectory {
        var providers: [UpstreamProvider] = []
        for upstream in configuration.upstreams { providers.append(try await provider(upstream)) }
        return UpstreamDirectory(
            providers,
            formerNames: Dictionary(
                configuration.upstreams.map { ($0.name, $0.formerNames) },
                uniquingKeysWith: { first, _ in first }
            ),
            logins: LoginRules(resources: configuration.resourceCatalogue, identity: configuration.identity)
        )
    }

    /// A configured provider; no request is sent to it.
    ///
    /// - Throws: ``UpstreamError`` `misconfigured`.
    func provider(_ upstream: Configuration.Upstream) async throws(UpstreamError) -> UpstreamProvider {
        let settings = try upstream.providerConfiguration(issuer: configuration.issuer)
        for warning in settings.warnings {
            environment.logger.warning(
                "the configuration permits what may not be intended",
                metadata: [
                    "upstream": "\(upstream.name)", "key": "\(warning.key)", "detail": "\(warning.text)",
                ]
            )
        }
        return try UpstreamProvider(
            configuration: settings,
            registration: await enrolment(upstream, settings)?.selfRegistration(),
            transport: environment.transport,
            timeSource: environment.timeSource,
            random: environment.random,
            logger: environment.logger
        )
    }

    private func enrolment(_ upstream: Configuration.Upstream, _ settings: UpstreamConfiguration) -> UpstreamEnrolment?
    {
        guard let registration = upstream.selfRegistration, let target = target(registration, settings) else {
            return nil
        }
        return UpstreamEnrolment(
            order: UpstreamEnrolment.Order(
                upstream: upstream.name,
                request: UpstreamRegistrationRequest(
                    target: target,
                    redirectURIs: [settings.callbackURL],
                    clientName: registration.clientName,
                    scopes: settings.scopes,
                    initialAccessToken: registration.initialAccessToken?.value.map { UpstreamClientSecret($0.text) }
                ),
                registrar: UpstreamRegistrar(
                    transport: environment.transport,
                    timeSource: environment.timeSource,
                    addressPolicy: settings.addressPolicy,
                    allowsInsecureHTTP: settings.allowsInsecureHTTP
                )
            ),
            stores: stores,
            sealing: sealing,
            audit: audit,
            work: work,
            logger: environment.logger
        )
    }

    private func target(
        _ registration: Configuration.UpstreamRegistration,
        _ settings: UpstreamConfiguration
    ) -> UpstreamRegistrationRequest.Target? {
        if case .protectedServer(let server) = settings.kind { return .protectedServer(server) }
        if let endpoint = registration.endpoint { return .endpoint(endpoint) }
        guard case .openID(let issuer) = settings.kind else { return nil }
        return .issuer(issuer)
    }
}
