import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthClientKit
import OAuthProtocol
import ServerConfiguration
import Testing

/// Logins that did not end with a code, by the reference of the page or by the client.
extension ExplainHistory {
    static let logins = [
        Self("consent-declined", why: "the user refused client", remedy: "the user decides") { scene in
            let browser = scene.browser()
            try await scene.answer(try await scene.ticket(in: browser), "deny", in: browser)
            return scene.client.id
        },
        Self("consent-in-another-browser", why: "consent page was refused", remedy: "in one window") { scene in
            let ticket = try await scene.ticket(in: scene.browser())
            try await scene.answer(ticket, in: scene.browser())
            return try scene.reference(of: "consent.refused")
        },
        Self("redirect-not-registered", why: "a redirect URI that it has not registered", remedy: "exact URI") {
            scene in
            let url = scene.client.authorizationURL(["redirect_uri": "https://elsewhere.example.com/callback"])
            _ = try await scene.browser().get(url)
            return scene.client.id
        },
        Self("client-unknown", why: "not registered here", remedy: "registers again") { scene in
            _ = try await scene.browser().get(scene.client.authorizationURL(["client_id": "unknown-client"]))
            return "unknown-client"
        },
        Self("request-refused", why: "was refused: invalid_request", remedy: "PKCE") { scene in
            _ = try await scene.browser().get(scene.client.authorizationURL(["code_challenge": nil]))
            return scene.client.id
        },
        Self("callback-unknown", why: "the return from corp was refused", remedy: "start again") { scene in
            let state = Base64URL.encode(Array(repeating: 7, count: 32))
            _ = try await scene.browser().get(scene.server.issuer + "/oauth/callback/corp?code=x&state=" + state)
            return try scene.reference(of: "upstream.callback_refused")
        },
        Self("provider-denied", why: "access_denied", remedy: "policy at corp") { scene in
            scene.server.provider.script(.oauthError("access_denied"), on: .authorization)
            return try await scene.failedLogin()
        },
        Self("provider-down", why: "the login at corp failed", remedy: "temporary fault") { scene in
            scene.server.provider.script(.status(503), on: .token, times: 5)
            return try await scene.failedLogin()
        },
        Self("provider-client-refused", why: "the login at corp failed", remedy: "check client_id") { scene in
            scene.server.provider.script(.oauthError("invalid_client", status: 401), on: .token, times: 5)
            return try await scene.failedLogin()
        },
        Self("id-token-forged", why: "the login at corp failed", remedy: "corp") { scene in
            scene.server.provider.script(.idTokenSignature(.changedPayload), on: .token)
            return try await scene.failedLogin()
        },
        Self(
            "throttled",
            why: "exceeded the allowance for authorization",
            remedy: "limits.",
            configure: { $0.limits.authorizationsPerSource = .init(burst: 1, perMinute: 1) }
        ) { scene in
            for _ in 0..<2 {
                let browser = scene.browser()
                try await scene.answer(try await scene.ticket(in: browser), in: browser)
            }
            return try scene.reference(of: "request.throttled")
        },
    ]
}
