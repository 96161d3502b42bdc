import DurableLog
import OAuthProtocol
package import OAuthState
import OpenSSLCrypto
import OutboundHTTP
package import ServerConfiguration
import UpstreamIdentity

/// Turns the operator's configuration into the values that the rules work with.
extension Configuration {
    /// The resources in their catalogue.
    var resourceCatalogue: ResourceCatalogue {
        ResourceCatalogue(
            resources.map { resource in
                var protected = ProtectedResource(
                    uri: resource.uri,
                    scopes: resource.scopes,
                    upstreams: resource.upstreams,
                    clientID: resource.clientID,
                    logins: resource.logins,
                    identity: resource.identity
                )
                protected.requiredLogin = LoginRequirement(
                    contextClasses: resource.authenticationContexts,
                    maximumAge: resource.loginAgeMax
                )
                protected.aliases = resource.aliases
                protected.tolerances = Set(resource.tolerances)
                protected.name = resource.name
                protected.summary = resource.summary
                return protected
            },
            defaultURI: defaultResource
        )
    }

    /// Whether a client can get ID tokens: `openid` is among the scopes.
    var issuesIDTokens: Bool { scopes.contains(ScopeSet.openID) }

    /// The upstreams' claims that go into access tokens, by the upstream's name.
    var claimMappings: [String: ClaimMapping] {
        Dictionary(
            upstreams.filter { !$0.claims.isEmpty }.map { ($0.name, ClaimMapping($0.claims)) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// The clients of the configuration, and the resource servers in their role as clients.
    func preRegisteredClients(now: Timestamp) -> [OAuthProtocol.Client] {
        clients.map { $0.registered(now: now) } + resourceServerClients(now: now)
    }

    private func resourceServerClients(now: Timestamp) -> [OAuthProtocol.Client] {
        resources.compactMap { resource in
            guard let id = resource.clientID else { return nil }
            let secret = resource.clientSecret?.value
            guard secret != nil || resource.jwks != nil || resource.jwksURI != nil else { return nil }
            return OAuthProtocol.Client(
                id: id,
                kind: .preRegistered,
                redirectURIs: [],
                grantTypes: [.tokenExchange],
                // Both secret methods, because a resource server's library picks either (TK-13). With keys, keys only.
                authenticationMethods: secret == nil ? [.privateKeyJWT] : [.clientSecretBasic, .clientSecretPost],
                secretHash: secret.map { SHA256.hash($0.text) },
                applicationType: .web,
                keySet: resource.jwks.map { Array($0.utf8) },
                keySetURI: resource.jwksURI,
                issuedAt: now
            )
        }
    }

    /// The metadata that self-registered clients may have.
    var registrationPolicy: ClientMetadata.Policy {
        let grants = GrantList.declarations(self)
        var policy = ClientMetadata.Policy(
            redirectURIs: registration.redirectURIPolicy,
            grantTypes: grants.registrable,
            defaultGrantTypes: grants.registeredByDefault,
            authenticationMethods: Set(TokenEndpointAuthenticationMethod.allCases),
            forcedConfidentialRedirects: Set(registration.forceConfidentialRedirects)
        )
        policy.defaultScopes = resources.reduce(ScopeSet.empty) { $0.union($1.scopes) }
        let identity = scopes.filter(ScopeSet.identityScopes.contains)
        policy.grantableScopes = policy.defaultScopes.filter { !ScopeSet.identityScopes.contains($0) }.union(identity)
        return policy
    }

    /// The metadata that documents may contain.
    var metadataDocumentPolicy: ClientMetadataDocument.Policy {
        let grants = GrantList.declarations(self)
        return ClientMetadataDocument.Policy(
            redirectURIs: registration.redirectURIPolicy,
            authenticationMethods: [.none, .privateKeyJWT],
            grantTypes: grants.registrable,
            defaultGrantTypes: grants.registeredByDefault
        )
    }

    /// How often documents and key sets of clients are fetched.
    var documentFetchLimits: DocumentFetchLimits {
        DocumentFetchLimits(perHost: limits.fetchesPerHost, perSource: limits.fetchesPerSource)
    }

    /// The bounds of the cache of metadata documents.
    var documentCacheLimits: MetadataDocumentCache.Limits {
        var limits = MetadataDocumentCache.Limits()
        limits.fetches = documentFetchLimits
        return limits
    }
}

extension Configuration.Client {
    fileprivate func registered(now: Timestamp) -> OAuthProtocol.Client {
        OAuthProtocol.Client(
            id: clientID,
            kind: .preRegistered,
            name: name ?? clientID,
            redirectURIs: redirectURIs,
            grantTypes: Set(grantTypes).union(isDelegate ? [.tokenExchange] : []),
            authenticationMethods: [tokenEndpointAuthMethod],
            secretHash: clientSecret?.value.map { SHA256.hash($0.text) },
            scopes: scopes,
            isTrusted: isTrusted,
            keySet: jwks.map { Array($0.utf8) },
            keySetURI: jwksURI,
            allowsTokenEndpointAudience: allowsTokenEndpointAudience,
            requiresProof: requiresProof,
            issuedAt: now
        )
    }
}

extension Configuration {
    /// The settings of the stores; `recovery` is what a storage directory was found to contain.
    func storeSettings(limits: StoreLimits, recovery: RecoveryReport?, now: Timestamp) -> StoreSettings {
        var settings = StoreSettings()
        settings.limits = limits
        settings.sessions = sessionPolicy
        settings.recordsEndings = sharedSignals.isEnabled
        if let recovery {
            // Another policy than `always` acknowledges changes that a crash may lose.
            let mayLack = recovery.hasLoss || storage.journal != .always
            settings.sessions.possiblyBehindSince =
                mayLack ? now : recovery.restorationSeconds.map { Timestamp(secondsSinceEpoch: $0) }
        }
        settings.preRegistered = preRegisteredClients(now: now)
        return settings
    }

    /// The lifetimes of sessions and codes.
    package var sessionPolicy: SessionPolicy {
        var policy = SessionPolicy(
            refreshTokenLifetime: tokens.refreshTokenLifetime,
            sessionLifetime: tokens.sessionLifetime,
            accessTokenLifetime: tokens.accessTokenLifetime,
            refreshReuseGrace: tokens.refreshReuseGrace,
            authorizationCodeLifetime: tokens.authorizationCodeLifetime
        )
        policy.consentLifetime = consentLifetime
        for client in clients where client.lifetimes != .init() {
            policy.clientLifetimes[client.clientID] = ClientLifetimes(
                accessToken: client.lifetimes.accessToken,
                refreshToken: client.lifetimes.refreshToken,
                session: client.lifetimes.session
            )
        }
        policy.reuseNeedsSameNetwork = tokens.reuseNeedsSameNetwork
        return policy
    }
}
