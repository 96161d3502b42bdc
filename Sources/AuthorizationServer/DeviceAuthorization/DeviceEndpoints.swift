import OAuthProtocol
import OAuthState
import ServerConfiguration

/// RFC 8628: the endpoint for devices without a browser, and the page for their users.
struct DeviceEndpoints {
    let endpoints: [any Endpoint]

    init(_ parts: ServerParts, _ browser: BrowserParts, prompt: ConsentPrompt) {
        let issuer = parts.configuration.issuer
        endpoints = [
            DeviceAuthorizationEndpoint(
                issuer: issuer,
                requests: ClientRequests(authenticator: parts.authenticator, failures: parts.failures),
                devices: parts.stores.devices,
                resources: parts.resources,
                scopePolicy: parts.scopePolicy,
                limiter: parts.limiter,
                random: parts.environment.random,
                audit: parts.audit
            ),
            DeviceVerificationEndpoint(
                forms: PageForm(
                    issuer: issuer,
                    sealing: parts.pageSealing,
                    cookies: browser.cookies,
                    random: parts.environment.random
                ),
                devices: parts.stores.devices,
                clients: parts.clientResolver,
                resources: parts.resources,
                prompt: prompt,
                limit: browser.limit,
                pages: browser.pages,
                metrics: parts.metrics
            ),
        ]
    }
}
