import DurableLog
package import OAuthProtocol
package import OAuthState
import OpenSSLCrypto
import OutboundHTTP
package import ServerConfiguration
package import UpstreamIdentity

/// Turns the operator's configuration into the values that the rules work with.
extension Configuration {
    /// The resources in their catalogue.
    var resourceCatalogue: ResourceCatalogue {
        ResourceCatalogue(
            resources.map { resource in
                ProtectedResource(
                    uri: resource.uri,
                    scopes: resource.scopes,
                    upstreams: resource.upstreams,
                    clientID: resource.clientID,
                    login: LoginRequirement(
                        contextClasses: resource.authenticationContexts,
                        maximumAge: resource.loginAgeMax
                    )
                )
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
            name: name,
            redirectURIs: redirectURIs,
            grantTypes: Set(grantTypes).union(isDelegate ? [.tokenExchange] : []),
            authenticationMethods: [tokenEndpointAuthMethod],
            secretHash: clientSecret?.value.map { SHA256.hash($0.text) },
            scopes: scopes,
            isTrusted: isTrusted,
            keySet: jwks.map { Array($0.utf8) },
            keySetURI: jwksURI,
            allowsTokenEndpointAudience: allowsTokenEndpointAudience,
            issuedAt: now
        )
    }
}

extension Configuration {
    /// Errors at an upstream that would stop the start once the secrets are resolved: an unusable key, endpoints or
    /// scopes.
    package var upstreamErrors: [ConfigurationError] {
        upstreams.enumerated().compactMap { index, upstream -> ConfigurationError? in
            let path = "upstreams[\(index)]"
            if upstream.tokenEndpointAuthMethod == .privateKeyJWT {
                do throws(UpstreamError) {
                    _ = try upstream.assertionKey()
                } catch {
                    return ConfigurationError(path: path + ".private_key", message: error.reason)
                }
            }
            do throws(UpstreamError) {
                try upstream.providerConfiguration(issuer: issuer).check()
                return nil
            } catch {
                return ConfigurationError(path: path, message: error.reason)
            }
        }
    }
}

extension Configuration {
    /// What the operator should know of each upstream's configuration, by the path of its key: a check that is
    /// loosened, or a mistake that is likely.
    ///
    /// Upstreams that could not be used are left to ``upstreamErrors``. A start logs these warnings by itself.
    package var providerWarnings: [ConfigurationWarning] {
        upstreams.enumerated().flatMap { index, upstream -> [ConfigurationWarning] in
            // An unusable one is reported as an error.
            let warnings = (try? upstream.providerConfiguration(issuer: issuer).warnings) ?? []
            return warnings.map { ConfigurationWarning(path: "upstreams[\(index)].\($0.key)", message: $0.text) }
        }
    }
}

extension Configuration.Upstream {
    /// The provider's configuration, completed by its preset.
    ///
    /// - Throws: ``UpstreamError`` `misconfigured` for what could only fail at a login.
    package func providerConfiguration(issuer: Issuer) throws(UpstreamError) -> UpstreamConfiguration {
        var configuration = try UpstreamConfiguration(
            name: name,
            preset: preset,
            issuer: self.issuer,
            endpoints: endpoints,
            clientID: clientID,
            clientSecret: clientSecret?.value.map { UpstreamClientSecret($0.text) },
            clientAuthentication: try clientAuthentication(),
            scopes: scopes,
            additionalAuthorizationParameters: additionalAuthorizationParameters,
            callbackURL: issuer.url(CallbackEndpoint.path + "/" + name),
            addressPolicy: allowsPrivateNetwork || allowsInsecureHTTP ? .allowPrivate : .publicOnly,
            behaviour: behaviour
        )
        configuration.olderClientSecrets = (clientSecret?.values.dropFirst() ?? []).map {
            UpstreamClientSecret($0.text)
        }
        configuration.isOptional = isOptional
        configuration.behaviour = verification.applied(to: configuration.behaviour)
        configuration.wantedClaims = (claims.map(\.upstream) + requiredClaims.map(\.claim))
        configuration.requiredClaims = requiredClaims
        configuration.allowsInsecureHTTP = allowsInsecureHTTP
        return configuration
    }

    private func clientAuthentication() throws(UpstreamError) -> UpstreamClientAuthentication? {
        switch tokenEndpointAuthMethod {
        case nil: return nil
        case .some(.none): return UpstreamClientAuthentication.none
        case .clientSecretBasic: return .basic
        case .clientSecretPost: return .post
        case .privateKeyJWT:
            do {
                return .privateKeyJWT(try assertionKey())
            } catch {
                throw UpstreamError(error.code, "private_key of the upstream \(name) \(error.reason)")
            }
        }
    }

    fileprivate func assertionKey() throws(UpstreamError) -> SigningKey {
        guard let pem = privateKey?.value?.text else {
            throw UpstreamError(.misconfigured, "is required for private_key_jwt")
        }
        let key: PrivateKey
        do {
            key = try PrivateKey(pem: pem)
        } catch {
            throw UpstreamError(
                .misconfigured,
                "contains no PEM private key for ES256, EdDSA or RS256 (RSA of 2048 bits or more)"
            )
        }
        let algorithm = privateKeyAlgorithm ?? key.algorithm
        guard algorithm == key.algorithm || (algorithm == .ps256 && key.algorithm == .rs256) else {
            throw UpstreamError(
                .misconfigured,
                "cannot sign with \(algorithm.rawValue)"
            )
        }
        return SigningKey(privateKey: key, algorithm: algorithm, keyID: privateKeyID)
    }
}

extension Configuration {
    /// The settings of the stores; `recovery` is what a storage directory was found to contain.
    func storeSettings(limits: StoreLimits, recovery: RecoveryReport?, now: Timestamp) -> StoreSettings {
        var settings = StoreSettings()
        settings.limits = limits
        settings.sessions = sessionPolicy
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
