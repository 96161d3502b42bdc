package import OAuthProtocol

/// How a provider has behaved since the start of this process, for operators.
package struct UpstreamStatus: Sendable {
    /// When it last redeemed a code or a refresh token; `nil` before the first.
    package internal(set) var servedAt: Timestamp?
    /// When a login or a refresh there last failed; `nil` before the first.
    package internal(set) var failedAt: Timestamp?
    /// Why.
    package internal(set) var failure: UpstreamFailureReason?
    /// The refreshes in progress, and whether they are paused because it failed repeatedly.
    package internal(set) var load: UpstreamRefreshLoad

    /// What an operator has to know first.
    package enum Summary: String, Sendable {
        /// Nothing was asked yet.
        case unused
        /// The last answer was a success.
        case working
        /// The last answer was a failure.
        case failing
        /// It failed repeatedly: refreshes wait.
        case paused
    }

    /// What an operator has to know first.
    package var summary: Summary {
        if load.isPaused { return .paused }
        switch (servedAt, failedAt) {
        case (nil, nil): return .unused
        case (_?, nil): return .working
        case (nil, _?): return .failing
        case (let served?, let failed?): return served > failed ? .working : .failing
        }
    }
}

/// What this server uses at a provider, without secrets; of what is discovered, only what is known already.
package struct UpstreamView: Sendable {
    /// OpenID Connect, OAuth 2.0, and so on, as `type` has it in the configuration.
    package let kind: String
    /// The configured or discovered issuer; `nil` for a provider without one.
    package let issuer: String?
    /// The URL of a protected MCP server; `nil` at other providers.
    package let resource: String?
    /// The endpoints by their names in metadata; none while nothing was discovered.
    package let endpoints: [(name: String, url: String)]
    /// Our client id there; `nil` before the first registration, and where there is no client.
    package let clientID: String?
    /// Our redirect URI there.
    package let redirectURI: String
    /// The configured scopes.
    package let scopes: [String]
}

extension UpstreamProvider {
    /// How it has behaved since the start.
    package var status: UpstreamStatus { breaker.status(now: timeSource.now()) }

    /// Notes that a login failed; refreshes are noted by themselves.
    package func noteFailedLogin(_ reason: UpstreamFailureReason) {
        breaker.note(reason, now: timeSource.now())
    }

    /// What is used there now.
    package var view: UpstreamView {
        let (kind, issuer, resource): (String, String?, String?) =
            switch configuration.kind {
            case .openID(let issuer): ("oidc", issuer, nil)
            case .oauth2: ("oauth2", nil, nil)
            case .protectedServer(let server): ("mcp", server.issuer ?? clients.pinnedIssuer, server.url)
            case .entered: ("static", nil, nil)
            case .chained(let server): ("chained", server.issuer, server.resource)
            }
        let known = knownEndpoints
        let named: [(String, String?)] = [
            ("authorization_endpoint", known?.authorization), ("token_endpoint", known?.token),
            ("userinfo_endpoint", known?.userInfo), ("revocation_endpoint", known?.revocation),
            ("registration_endpoint", known?.registration), ("jwks_uri", known?.keySet),
        ]
        return UpstreamView(
            kind: kind,
            issuer: issuer ?? known?.issuer,
            resource: resource,
            endpoints: named.compactMap { name, url in url.flatMap { $0.isEmpty ? nil : (name, $0) } },
            clientID: clientID,
            redirectURI: configuration.callbackURL,
            scopes: configuration.scopes
        )
    }
}
