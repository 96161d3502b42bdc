import OAuthProtocol
import OAuthState
import ServerConfiguration

/// The endpoints around our own tokens: issue, revoke, introspect, and claims about their user.
struct TokenFeature: Feature {
    let endpoints: [any Endpoint]

    init(_ parts: ServerParts) {
        let requests = parts.clientRequests
        var endpoints: [any Endpoint] = [
            TokenEndpoint(
                grants: GrantList(parts.grantGround).grants,
                requests: requests,
                proofs: parts.tokenProofs,
                metrics: parts.metrics
            ),
            PushedAuthorizationEndpoint(
                requests: requests,
                proofs: parts.tokenProofs,
                resources: parts.resources,
                scopePolicy: parts.scopePolicy,
                sealing: parts.seals.pushedRequests
            ),
            RevocationEndpoint(
                requests: requests,
                refreshTokenKey: parts.refreshTokenKey,
                verification: parts.verification,
                sessions: parts.stores.sessions,
                lastSessions: parts.vault.lastSessions,
                instruments: parts.instruments
            ),
            IntrospectionEndpoint(
                requests: requests,
                resources: parts.resources,
                verification: parts.verification,
                metrics: parts.metrics
            ),
        ]
        if parts.configuration.issuesIDTokens {
            endpoints.append(UserInfoEndpoint(access: parts.resourceAccess, users: parts.stores.vault))
        }
        self.endpoints = endpoints
    }
}

extension ServerParts {
    /// What all grants share.
    fileprivate var grantGround: GrantGround {
        GrantGround(
            configuration: configuration,
            stores: stores,
            tokens: GrantGround.OwnTokens(
                resources: resources,
                responses: sessionTokens,
                verification: verification,
                origins: seals.origins,
                subjectProofs: subjectProofs
            ),
            upstreams: GrantGround.UpstreamAccess(
                subjects: exchangeSubjects,
                vending: vending,
                endings: UpstreamEndings(connections: stores.vault, metrics: metrics),
                refreshConditions: upstreams.refreshConditions(for: resources),
                access: SessionAccess(
                    rules: AccessRules(configuration),
                    upstreams: upstreams,
                    connections: stores.vault,
                    sealing: vault.sealing
                )
            ),
            assertions: GrantGround.Assertions(
                trustedIssuers: trustedIssuers,
                users: FederatedUsers(
                    upstreams: upstreams,
                    vault: stores.vault,
                    sessions: stores.sessions,
                    blocks: stores.administration?.blocks,
                    random: environment.random,
                    lifetime: configuration.tokens.accessTokenLifetime
                )
            ),
            instruments: instruments
        )
    }

    private var sessionTokens: SessionTokenResponder {
        SessionTokenResponder(
            accessTokens: AccessTokenIssuer(
                issuer: configuration.issuer,
                keys: keys,
                random: environment.random,
                policy: configuration.sessionPolicy,
                seen: seenTokens
            ),
            idTokens: IDTokenIssuer(
                issuer: configuration.issuer,
                keys: ownKeys.idTokens,
                lifetime: configuration.tokens.accessTokenLifetime
            ),
            refreshTokenKey: refreshTokenKey
        )
    }
}
