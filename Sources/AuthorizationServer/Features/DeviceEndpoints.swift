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
                requests: parts.clientRequests,
                devices: parts.stores.devices,
                admission: browser.admission,
                limiter: parts.limiter,
                browser: browser.ground,
                audit: parts.audit
            ),
            DeviceVerificationEndpoint(
                forms: PageForm(
                    issuer: issuer,
                    sealing: parts.seals.pages,
                    cookies: browser.ground.cookies,
                    random: parts.environment.random
                ),
                devices: parts.stores.devices,
                admission: browser.admission,
                prompt: prompt,
                browser: browser.ground,
                metrics: parts.metrics
            ),
        ]
    }
}
