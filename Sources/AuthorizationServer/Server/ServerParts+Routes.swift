import HTTPTypes
import OAuthProtocol
import OAuthState
import ServerConfiguration
import SocketHTTP

/// The surface: each endpoint is one line.
extension ServerParts {
    private typealias Path = AuthorizationServerMetadata.Path

    /// The routes for clients and browsers.
    func publicRoutes() -> ServerRoutes {
        var routes = routes()
        let prefix = configuration.issuer.path
        let metadata = metadata
        for path in metadata.documentPaths {
            routes.on(.get, path, name: "metadata", MetadataEndpoint(metadata))
            routes.allowCrossOrigin(path, methods: "GET, HEAD")
        }
        routes.on(
            .get,
            prefix + OpenAPIDocument.path,
            name: "openapi",
            OpenAPIEndpoint(metadata, answersProxies: configuration.forwardAuth.secret != nil)
        )
        routes.allowCrossOrigin(prefix + OpenAPIDocument.path, methods: "GET, HEAD")
        routes.on(.get, prefix + Path.keySet, name: "jwks", KeySetEndpoint(keys: keys))
        routes.allowCrossOrigin(prefix + Path.keySet, methods: "GET, HEAD")
        routes.on(.post, prefix + Path.token, name: "token", tokenEndpoint)
        routes.allowCrossOrigin(prefix + Path.token, methods: "POST")
        routes.on(.post, prefix + Path.revocation, name: "revoke", revocationEndpoint)
        routes.allowCrossOrigin(prefix + Path.revocation, methods: "POST")
        routes.on(.post, prefix + Path.introspection, name: "introspect", introspectionEndpoint)
        if configuration.registration.isDynamic {
            routes.on(.post, prefix + Path.registration, name: "register", registrationEndpoint)
            routes.allowCrossOrigin(prefix + Path.registration, methods: "POST")
        }
        if configuration.issuesIDTokens {
            let userInfo = userInfoEndpoint
            for method in [HTTPRequest.Method.get, .post] {
                routes.on(method, prefix + Path.userInfo, name: "userinfo", userInfo)
            }
            routes.allowCrossOrigin(prefix + Path.userInfo, methods: "GET, POST")
        }
        routes.on(.post, prefix + ReportInvalidEndpoint.path, name: "report_invalid", reportInvalid)
        routes.on(
            .post,
            prefix + BackChannelLogoutEndpoint.path + "/{upstream}",
            name: "backchannel_logout",
            backChannelLogout
        )
        // Without the secret only the operator may ask, and the operator uses the other listener.
        if configuration.forwardAuth.secret != nil { addForwardAuth(&routes, prefix, .public) }
        addBrowserRoutes(&routes, prefix)
        return routes
    }

    private func addBrowserRoutes(_ routes: inout ServerRoutes, _ prefix: String) {
        let browser = BrowserFlow(self)
        addConnectionRoutes(&routes, prefix, browser.pages, browser.cookies, browser.pageLogins)
        routes.on(.get, prefix + Path.authorization, name: "authorize", browser.authorization)
        routes.on(.post, prefix + Path.consent, name: "consent", browser.consentDecision)
        routes.on(.get, prefix + Path.callback + "/{upstream}", name: "callback", browser.callback)
        routes.on(.head, prefix + Path.callback + "/{upstream}", name: "callback", CallbackProbeEndpoint())
        for path in [Path.authorization, Path.consent, Path.callback + "/{upstream}"] {
            routes.refuseCrossOrigin(prefix + path)
        }
    }

    private var tokenEndpoint: TokenEndpoint {
        TokenEndpoint(
            grants: grants,
            requests: clientRequests,
            metrics: metrics
        )
    }

    private var revocationEndpoint: RevocationEndpoint {
        RevocationEndpoint(
            requests: clientRequests,
            refreshTokenKey: refreshTokenKey,
            verification: verification,
            sessions: stores.sessions,
            lastSessions: lastSessions,
            metrics: metrics,
            audit: audit
        )
    }

    private var introspectionEndpoint: IntrospectionEndpoint {
        IntrospectionEndpoint(
            requests: clientRequests,
            resources: resources,
            verification: verification,
            metrics: metrics
        )
    }

    private var userInfoEndpoint: UserInfoEndpoint {
        UserInfoEndpoint(verification: verification, users: stores.vault)
    }

    private var registrationEndpoint: RegistrationEndpoint {
        RegistrationEndpoint(
            clients: stores.clients,
            policy: configuration.registrationPolicy,
            initialAccessToken: configuration.registration.initialAccessToken?.value,
            limiter: limiter,
            failures: failures,
            random: environment.random,
            metrics: metrics,
            audit: audit
        )
    }

    private var failures: FailureLimit {
        FailureLimit(limiter: limiter, metrics: metrics)
    }

    private var clientRequests: ClientRequests {
        ClientRequests(authenticator: authenticator, failures: failures)
    }

    /// The routes for the operator, on the management address.
    func managementRoutes(
        readiness: Readiness,
        serverCounters: ServerCountersSource,
        rotation: SigningKeyRotation
    ) -> ServerRoutes {
        var routes = routes()
        routes.on(.get, "/health/live", name: "health", LivenessEndpoint())
        routes.on(
            .get,
            "/health/ready",
            name: "health",
            ReadinessEndpoint(readiness: readiness, upkeep: stores.upkeep, audit: audit)
        )
        let gauges = ServerGauges(
            upkeep: stores.upkeep,
            counters: serverCounters,
            limiter: limiter,
            seenTokens: seenTokens,
            clientKeySets: clientKeySets,
            audit: audit,
            droppedLogLineCount: environment.droppedLogLineCount,
            metrics: metrics
        )
        routes.on(.get, "/metrics", name: "metrics", MetricsEndpoint(registry: registry, gauges: gauges))
        addForwardAuth(&routes, "", .management)
        if let token = configuration.management.adminToken?.value {
            let admin = AdministratorAuthentication(token: token)
            addConnectionAdministration(&routes, admin)
            routes.on(.get, "/admin/audit", name: "admin", admin.guarding(AuditEndpoint(audit: audit)))
            routes.on(
                .post,
                "/admin/keys/rotate",
                name: "admin",
                admin.guarding(KeyRotationEndpoint(rotation: rotation, audit: audit))
            )
            routes.on(
                .post,
                "/admin/vault-key/rotate",
                name: "admin",
                admin.guarding(VaultKeyRotationEndpoint(rotation: vaultKeyRotation, audit: audit))
            )
        }
        return routes
    }
}

/// The endpoints that a browser visits, and the parts that only they share.
private struct BrowserFlow {
    let authorization: AuthorizationEndpoint
    let consentDecision: ConsentEndpoint
    let callback: CallbackEndpoint
    let pages: PageRenderer
    let cookies: BrowserCookies
    let pageLogins: PageLoginFlow

    init(_ parts: ServerParts) {
        let issuer = parts.configuration.issuer
        let random = parts.environment.random
        let clients = parts.clientResolver
        let cookies = BrowserCookies(issuer: issuer)
        let pages = PageRenderer(issuer: issuer, random: random)
        let limit = AuthorizationLimit(limiter: parts.limiter, metrics: parts.metrics, pages: pages)
        let pageLogins = PageLoginFlow(
            issuer: issuer,
            vault: parts.stores.vault,
            sessions: parts.stores.sessions,
            keeper: parts.connectionKeeper,
            sealing: parts.pageSealing,
            logins: parts.logins,
            cookies: cookies,
            pages: pages,
            random: random,
            limit: limit,
            metrics: parts.metrics,
            audit: parts.audit
        )
        (self.pages, self.cookies, self.pageLogins) = (pages, cookies, pageLogins)
        let refusals = AuthorizationRefusals(issuer: issuer, pages: pages)
        let consent = ConsentPolicy(
            mode: parts.configuration.consent,
            sessions: parts.stores.sessions,
            logins: parts.logins,
            cookies: cookies,
            resources: parts.resources,
            upstreams: parts.upstreams
        )
        let completion = LoginCompletion(
            issuer: issuer,
            clients: clients,
            registry: parts.stores.clients,
            sessions: parts.stores.sessions,
            consent: consent,
            logins: parts.logins,
            cookies: cookies,
            random: random,
            metrics: parts.metrics,
            audit: parts.audit
        )
        let login = LoginFlow(
            upstreams: parts.upstreams,
            sessions: parts.stores.sessions,
            vault: parts.stores.vault,
            completion: completion,
            cookies: cookies,
            random: random,
            audit: parts.audit
        )
        authorization = AuthorizationEndpoint(
            clients: clients,
            resources: parts.resources,
            scopePolicy: parts.scopePolicy,
            consent: consent,
            tickets: parts.tickets,
            login: login,
            limit: limit,
            cookies: cookies,
            pages: pages,
            refusals: refusals,
            random: random,
            metrics: parts.metrics,
            audit: parts.audit
        )
        consentDecision = ConsentEndpoint(
            issuer: issuer,
            clients: clients,
            sessions: parts.stores.sessions,
            resources: parts.resources,
            tickets: parts.tickets,
            login: login,
            limit: limit,
            cookies: cookies,
            pages: pages,
            refusals: refusals,
            metrics: parts.metrics,
            audit: parts.audit
        )
        callback = CallbackEndpoint(
            upstreams: parts.upstreams,
            sessions: parts.stores.sessions,
            login: login,
            connections: parts.connectionKeeper,
            claimMappings: parts.configuration.claimMappings,
            pageLogins: pageLogins,
            clients: clients,
            cookies: cookies,
            pages: pages,
            refusals: refusals,
            metrics: parts.metrics,
            audit: parts.audit
        )
    }
}
