import OAuthProtocol
import OAuthState
import ServerConfiguration
import UpstreamIdentity

/// What a browser visits: authorization, consent, callbacks, and the pages of a user's connections.
struct BrowserFeature: Feature {
    let endpoints: [any Endpoint]

    init(_ parts: ServerParts) {
        let browser = BrowserParts(parts)
        let logins = browser.logins
        let callback = browser.callback(logins)
        var endpoints: [any Endpoint] = [
            PrefetchRefusal(browser.authorization(logins)),
            browser.consentDecision(logins),
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
            endpoints += DeviceEndpoints(parts, browser, prompt: browser.prompt).endpoints
        }
        if let logo = SiteLogo(parts.configuration.branding) { endpoints.append(LogoEndpoint(logo: logo)) }
        if let target = parts.environment.frontPage { endpoints.append(FrontPageEndpoint(target: target)) }
        let pages = endpoints + ConnectionEndpoints(parts, browser, logins).endpoints
        let pushed = parts.seals.pushedRequests
        self.endpoints = pages.map { page in
            SpokenPages(page, cookies: browser.ground.cookies) { pushed.open($0)?.query }
        }
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
            limit: AuthorizationLimit(
                limiter: parts.limiter,
                metrics: parts.metrics,
                pages: pages,
                refusals: parts.instruments.refusals
            ),
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
            accounts: parts.accountAdmission,
            claimMappings: parts.configuration.claimMappings,
            failures: LegFailures(
                logger: parts.environment.logger,
                audit: parts.audit,
                upstreams: parts.upstreams
            ),
            blocks: parts.stores.administration?.blocks
        )
    }

    /// The flow of logins, for clients and for our own pages, and what carries out its steps.
    var logins: Logins {
        Logins(
            flow: LoginFlow(
                legs: legs,
                pending: PendingLegs(
                    sessions: parts.stores.sessions,
                    sealing: parts.seals.pages,
                    cookies: ground.cookies,
                    random: parts.environment.random
                ),
                vault: parts.stores.vault,
                consent: admission.consent,
                browser: ground,
                instruments: parts.instruments
            ),
            responder: LoginResponder(
                completion: LoginCompletion(
                    admission: admission,
                    registry: parts.stores.clients,
                    sessions: parts.stores.sessions,
                    browser: ground,
                    instruments: parts.instruments
                ),
                prompt: prompt,
                admission: admission,
                sessions: parts.stores.sessions,
                browser: ground,
                instruments: parts.instruments
            )
        )
    }

    /// Asks for consent to a browser's own request, or to a device's.
    var prompt: ConsentPrompt {
        ConsentPrompt(
            tickets: parts.seals.tickets,
            upstreams: parts.upstreams,
            browser: ground,
            metrics: parts.metrics,
            scopeWords: parts.configuration.scopeDescriptions
        )
    }

    func authorization(_ logins: Logins) -> AuthorizationEndpoint {
        AuthorizationEndpoint(
            admission: admission,
            reading: AuthorizationReading(
                sealing: parts.seals.pushedRequests,
                pushingClients: Set(parts.configuration.clients.filter(\.mustPushRequests).map(\.clientID))
            ),
            logins: logins,
            browser: ground,
            instruments: parts.instruments
        )
    }

    func consentDecision(_ logins: Logins) -> ConsentEndpoint {
        ConsentEndpoint(
            admission: admission,
            sessions: parts.stores.sessions,
            logins: logins,
            browser: ground,
            instruments: parts.instruments
        )
    }

    func callback(_ logins: Logins) -> CallbackEndpoint {
        CallbackEndpoint(
            upstreams: parts.upstreams,
            logins: logins,
            answers: CallbackAnswers(work: parts.work),
            posted: PostedCallback(sealing: parts.seals.pages),
            cookies: ground.cookies
        )
    }
}
