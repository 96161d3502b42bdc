import OAuthProtocol
import OAuthState
import ServerConfiguration

/// What resource servers, proxies and providers ask and report about upstream tokens; users have pages of their own.
struct VaultFeature: Feature {
    let endpoints: [any Endpoint]

    init(_ parts: ServerParts) {
        var endpoints: [any Endpoint] = [
            ReportInvalidEndpoint(
                chained: parts.chainedCredentials,
                requests: parts.clientRequests,
                subjects: parts.exchangeSubjects,
                vault: parts.stores.vault,
                sealing: parts.vault.sealing,
                instruments: parts.instruments
            ),
            BackChannelLogoutEndpoint(
                upstreams: parts.upstreams,
                subjects: LogoutSubjects(sessions: parts.stores.sessions, vault: parts.stores.vault),
                logout: ProviderLogout(
                    sessions: parts.stores.sessions,
                    vault: parts.stores.vault,
                    replay: parts.stores.replay,
                    revocations: parts.vault.revocations,
                    revokingUpstreams: Set(parts.configuration.upstreams.filter(\.revokesOnLogout).map(\.name)),
                    audit: parts.audit
                ),
                failures: parts.failures
            ),
        ]
        if let revocation = parts.globalRevocation { endpoints.append(revocation) }
        // Without the secret only the operator may ask, and the operator uses the other listener.
        if parts.configuration.forwardAuth.secret != nil { endpoints.append(parts.forwardAuth(.public)) }
        self.endpoints = endpoints
    }
}

extension ServerParts {
    /// What identity providers ask for when a user leaves; `nil` when none can authenticate for it.
    fileprivate var globalRevocation: GlobalRevocationEndpoint? {
        let signing = configuration.upstreams.filter(\.acceptsSignedRevocation).compactMap { upstreams[$0.name] }
        let isUsed = !secrets.globalRevocation.isEmpty || !signing.isEmpty
        guard isUsed, let administration = stores.administration else { return nil }
        return GlobalRevocationEndpoint(
            upstreams: upstreams,
            secrets: secrets.globalRevocation,
            signers: GlobalRevocationSigners(
                providers: signing,
                endpoint: configuration.issuer.url(GlobalRevocationEndpoint.path),
                replay: stores.replay,
                failures: failures,
                logger: environment.logger
            ),
            subjects: RevokedSubjects(vault: stores.vault, listing: administration.listing),
            endings: SessionEndings(
                administration: administration,
                sessions: stores.sessions,
                vault: stores.vault,
                audit: audit
            ),
            guesses: guesses
        )
    }

    /// What proxies ask, on the listener of this exposure.
    func forwardAuth(_ exposure: ForwardAuthEndpoint.Exposure) -> ForwardAuthEndpoint {
        ForwardAuthEndpoint(
            settings: ForwardAuthEndpoint.Settings(
                exposure: exposure,
                exactPath: (exposure == .public ? configuration.issuer.path : "") + ForwardAuthEndpoint.path,
                upstreams: Dictionary(
                    configuration.resources.compactMap { resource in
                        resource.forwardAuthUpstream.map { (resource.uri, $0) }
                    },
                    uniquingKeysWith: { first, _ in first }
                ),
                fields: Dictionary(
                    configuration.resources.map { ($0.uri, $0.forwardAuthFields) },
                    uniquingKeysWith: { first, _ in first }
                ),
                onDemand: Set(resources.resources.filter(connectsOnDemand).map(\.uri))
            ),
            secrets: secrets.forwardAuth,
            resources: resources,
            access: resourceAccess,
            retrievals: retrievals,
            guesses: guesses
        )
    }

    // Whether the upstream whose token the resource's proxy gets is one that no login visits.
    private func connectsOnDemand(_ resource: ProtectedResource) -> Bool {
        let name = configuration.resources.first { $0.uri == resource.uri }?.forwardAuthUpstream
        return name.map { upstreams.need(of: $0, for: resource) == .onDemand } ?? false
    }
}
