import OAuthProtocol
import OAuthState
import ServerConfiguration
import UpstreamIdentity

/// What a browser visits: authorization, consent, callbacks, and the pages of a user's connections.
struct BrowserFeature: Feature {
    let endpoints: [any Endpoint]

    init(_ parts: ServerParts) {
        let browser = BrowserParts(parts)
        let pageLogins = browser.pageLogins
        let login = browser.login
        let callback = browser.callback(login, pageLogins)
        var endpoints: [any Endpoint] = [
            PrefetchRefusal(browser.authorization(login)),
            browser.consentDecision(login),
            PrefetchRefusal(callback),
            LegConfirmationEndpoint(callback: callback),
            CallbackProbeEndpoint(),
        ]
        if parts.upstreams.names.contains(where: { parts.upstreams[$0]?.callbackMethod == .formPost }) {
            endpoints.append(
                PostedCallbackEndpoint(
                    issuer: parts.configuration.issuer,
                    upstreams: parts.upstreams,
                    callback: PostedCallback(sealing: parts.pageSealing),
                    pages: browser.pages,
                    audit: parts.audit
                )
            )
        }
        if parts.configuration.deviceAuthorization {
            endpoints += DeviceEndpoints(parts, browser, prompt: browser.prompt(login)).endpoints
        }
        self.endpoints = endpoints + ConnectionEndpoints(parts, browser, pageLogins).endpoints
    }
}

/// The parts that only the endpoints for browsers share.
struct BrowserParts {
    private let parts: ServerParts
    let cookies: BrowserCookies
    let pages: PageRenderer
    let limit: AuthorizationLimit
    private let refusals: AuthorizationRefusals
    /// Who is logged in with a browser.
    let logins: BrowserLogins
    private let consent: ConsentPolicy
    private let devices: DeviceAnswers
    private let failures: LegFailures

    init(_ parts: ServerParts) {
        self.parts = parts
        let issuer = parts.configuration.issuer
        cookies = BrowserCookies(issuer: issuer)
        pages = PageRenderer(issuer: issuer, random: parts.environment.random)
        limit = AuthorizationLimit(limiter: parts.limiter, metrics: parts.metrics, pages: pages)
        refusals = AuthorizationRefusals(issuer: issuer, pages: pages)
        devices = DeviceAnswers(devices: parts.stores.devices, pages: pages)
        failures = LegFailures(logger: parts.environment.logger, audit: parts.audit)
        logins = BrowserLogins(sealing: parts.logins, cookies: cookies, users: parts.stores.vault)
        consent = ConsentPolicy(
            mode: parts.configuration.consent,
            sessions: parts.stores.sessions,
            logins: logins,
            resources: parts.resources,
            upstreams: parts.upstreams
        )
    }

    var pageLogins: PageLoginFlow {
        PageLoginFlow(
            issuer: parts.configuration.issuer,
            vault: parts.stores.vault,
            sessions: parts.stores.sessions,
            keeper: parts.connectionKeeper,
            sealing: parts.pageSealing,
            logins: logins,
            cookies: cookies,
            pages: pages,
            random: parts.environment.random,
            limit: limit,
            failures: failures,
            blocks: parts.stores.administration?.blocks,
            metrics: parts.metrics,
            audit: parts.audit
        )
    }

    var login: LoginFlow {
        let completion = LoginCompletion(
            issuer: parts.configuration.issuer,
            clients: parts.clientResolver,
            registry: parts.stores.clients,
            sessions: parts.stores.sessions,
            consent: consent,
            logins: logins,
            devices: devices,
            random: parts.environment.random,
            metrics: parts.metrics,
            audit: parts.audit
        )
        return LoginFlow(
            upstreams: parts.upstreams,
            sessions: parts.stores.sessions,
            vault: parts.stores.vault,
            completion: completion,
            cookies: cookies,
            random: parts.environment.random,
            failures: failures,
            blocks: parts.stores.administration?.blocks
        )
    }

    /// Asks for consent, for a browser's own request and for a device's.
    func prompt(_ login: LoginFlow) -> ConsentPrompt {
        ConsentPrompt(
            tickets: parts.tickets,
            login: login,
            cookies: cookies,
            pages: pages,
            random: parts.environment.random,
            metrics: parts.metrics
        )
    }

    func authorization(_ login: LoginFlow) -> AuthorizationEndpoint {
        AuthorizationEndpoint(
            clients: parts.clientResolver,
            resources: parts.resources,
            scopePolicy: parts.scopePolicy,
            reading: AuthorizationReading(
                sealing: parts.pushedRequests,
                pushingClients: Set(parts.configuration.clients.filter(\.mustPushRequests).map(\.clientID))
            ),
            consent: consent,
            prompt: prompt(login),
            login: login,
            limit: limit,
            refusals: refusals,
            metrics: parts.metrics,
            audit: parts.audit
        )
    }

    func consentDecision(_ login: LoginFlow) -> ConsentEndpoint {
        ConsentEndpoint(
            issuer: parts.configuration.issuer,
            clients: parts.clientResolver,
            sessions: parts.stores.sessions,
            resources: parts.resources,
            tickets: parts.tickets,
            login: login,
            limit: limit,
            cookies: cookies,
            pages: pages,
            refusals: refusals,
            devices: devices,
            metrics: parts.metrics,
            audit: parts.audit
        )
    }

    func callback(_ login: LoginFlow, _ pageLogins: PageLoginFlow) -> CallbackEndpoint {
        CallbackEndpoint(
            upstreams: parts.upstreams,
            sessions: parts.stores.sessions,
            login: login,
            connections: parts.connectionKeeper,
            claimMappings: parts.configuration.claimMappings,
            pageLogins: pageLogins,
            clients: parts.clientResolver,
            cookies: cookies,
            work: parts.work,
            pageSealing: parts.pageSealing,
            failures: failures,
            pages: pages,
            refusals: refusals,
            devices: devices,
            metrics: parts.metrics,
            audit: parts.audit,
            issuer: parts.configuration.issuer,
            random: parts.environment.random
        )
    }
}
