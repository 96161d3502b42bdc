import OAuthProtocol
import OAuthState
import ServerConfiguration

/// The endpoints around our own tokens: issue, revoke, introspect, and claims about their user.
struct TokenFeature: Feature {
    let endpoints: [any Endpoint]

    init(_ parts: ServerParts) {
        let requests = ClientRequests(authenticator: parts.authenticator, failures: parts.failures)
        var endpoints: [any Endpoint] = [
            TokenEndpoint(
                grants: GrantList(parts.grantGround).grants,
                requests: requests,
                metrics: parts.metrics
            ),
            PushedAuthorizationEndpoint(
                requests: requests,
                resources: parts.resources,
                scopePolicy: parts.scopePolicy,
                sealing: parts.pushedRequests
            ),
            RevocationEndpoint(
                requests: requests,
                refreshTokenKey: parts.refreshTokenKey,
                verification: parts.verification,
                sessions: parts.stores.sessions,
                lastSessions: parts.lastSessions,
                metrics: parts.metrics,
                audit: parts.audit
            ),
            IntrospectionEndpoint(
                requests: requests,
                resources: parts.resources,
                verification: parts.verification,
                metrics: parts.metrics
            ),
        ]
        if parts.configuration.issuesIDTokens {
            endpoints.append(UserInfoEndpoint(verification: parts.verification, users: parts.stores.vault))
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
            resources: resources,
            responses: sessionTokens,
            upstreams: GrantGround.UpstreamAccess(
                subjects: exchangeSubjects,
                vending: vending,
                endings: UpstreamEndings(connections: stores.vault, metrics: metrics),
                refreshConditions: upstreams.refreshConditions(for: resources)
            ),
            verification: verification,
            origins: sessionOrigins,
            trustedIssuers: trustedIssuers,
            federatedUsers: FederatedUsers(
                upstreams: upstreams,
                vault: stores.vault,
                sessions: stores.sessions,
                blocks: stores.administration?.blocks,
                random: environment.random,
                lifetime: configuration.tokens.accessTokenLifetime
            ),
            metrics: metrics,
            audit: audit
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
                keys: idTokenKeys,
                lifetime: configuration.tokens.accessTokenLifetime
            ),
            refreshTokenKey: refreshTokenKey
        )
    }
}
