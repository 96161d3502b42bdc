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
        let logins = browser.loginCallback(login)
        let callback = browser.callback(logins, pageLogins)
        var endpoints: [any Endpoint] = [
            PrefetchRefusal(browser.authorization(login)),
            browser.consentDecision(login),
            PrefetchRefusal(callback),
            LegConfirmationEndpoint(logins: logins),
            CallbackProbeEndpoint(),
        ]
        if parts.upstreams.names.contains(where: { parts.upstreams[$0]?.callbackMethod == .formPost }) {
            endpoints.append(
                PostedCallbackEndpoint(
                    issuer: parts.configuration.issuer,
                    upstreams: parts.upstreams,
                    callback: PostedCallback(sealing: parts.seals.pages),
                    pages: browser.ground.pages,
                    audit: parts.audit
                )
            )
        }
        if parts.configuration.deviceAuthorization {
            endpoints += DeviceEndpoints(parts, browser, prompt: browser.prompt(login)).endpoints
        }
        let pages = endpoints + ConnectionEndpoints(parts, browser, pageLogins).endpoints
        self.endpoints = pages.map { SpokenPages($0, cookies: browser.ground.cookies) }
    }
}

/// The parts that only the endpoints for browsers share.
struct BrowserParts {
    private let parts: ServerParts
    let ground: BrowserGround
    let admission: AuthorizationAdmission
    private let legs: ProviderLegs

    init(_ parts: ServerParts) {
        self.parts = parts
        let issuer = parts.configuration.issuer
        let cookies = BrowserCookies(issuer: issuer)
        let pages = PageRenderer(
            issuer: issuer,
            random: parts.environment.random,
            branding: parts.configuration.branding
        )
        ground = BrowserGround(
            issuer: issuer,
            cookies: cookies,
            pages: pages,
            logins: BrowserLogins(sealing: parts.seals.logins, cookies: cookies, users: parts.stores.vault),
            limit: AuthorizationLimit(limiter: parts.limiter, metrics: parts.metrics, pages: pages),
            random: parts.environment.random
        )
        admission = AuthorizationAdmission(
            clients: parts.clientResolver,
            resources: parts.resources,
            scopePolicy: parts.scopePolicy,
            consent: ConsentPolicy(
                mode: parts.configuration.consent,
                sessions: parts.stores.sessions,
                logins: ground.logins,
                resources: parts.resources,
                upstreams: parts.upstreams
            ),
            tickets: parts.seals.tickets,
            devices: DeviceAnswers(devices: parts.stores.devices, pages: pages)
        )
        legs = ProviderLegs(
            upstreams: parts.upstreams,
            keeper: parts.connectionKeeper,
            claimMappings: parts.configuration.claimMappings,
            failures: LegFailures(logger: parts.environment.logger, audit: parts.audit),
            blocks: parts.stores.administration?.blocks
        )
    }

    var pageLogins: PageLoginFlow {
        PageLoginFlow(
            legs: legs,
            vault: parts.stores.vault,
            sessions: parts.stores.sessions,
            sealing: parts.seals.pages,
            browser: ground,
            instruments: parts.instruments
        )
    }

    var login: LoginFlow {
        LoginFlow(
            legs: legs,
            sessions: parts.stores.sessions,
            vault: parts.stores.vault,
            completion: LoginCompletion(
                admission: admission,
                registry: parts.stores.clients,
                sessions: parts.stores.sessions,
                browser: ground,
                instruments: parts.instruments
            ),
            browser: ground
        )
    }

    /// Asks for consent to a browser's own request, or to a device's.
    func prompt(_ login: LoginFlow) -> ConsentPrompt {
        ConsentPrompt(
            tickets: parts.seals.tickets,
            login: login,
            browser: ground,
            metrics: parts.metrics,
            scopeWords: parts.configuration.scopeDescriptions
        )
    }

    func authorization(_ login: LoginFlow) -> AuthorizationEndpoint {
        AuthorizationEndpoint(
            admission: admission,
            reading: AuthorizationReading(
                sealing: parts.seals.pushedRequests,
                pushingClients: Set(parts.configuration.clients.filter(\.mustPushRequests).map(\.clientID))
            ),
            prompt: prompt(login),
            login: login,
            browser: ground,
            instruments: parts.instruments
        )
    }

    func consentDecision(_ login: LoginFlow) -> ConsentEndpoint {
        ConsentEndpoint(
            admission: admission,
            sessions: parts.stores.sessions,
            login: login,
            browser: ground,
            instruments: parts.instruments
        )
    }

    func loginCallback(_ login: LoginFlow) -> LoginCallback {
        LoginCallback(
            legs: legs,
            sessions: parts.stores.sessions,
            login: login,
            admission: admission,
            browser: ground,
            instruments: parts.instruments
        )
    }

    func callback(_ logins: LoginCallback, _ pageLogins: PageLoginFlow) -> CallbackEndpoint {
        CallbackEndpoint(
            upstreams: parts.upstreams,
            logins: logins,
            otherFlows: [pageLogins],
            answers: CallbackAnswers(work: parts.work),
            posted: PostedCallback(sealing: parts.seals.pages),
            cookies: ground.cookies
        )
    }
}
