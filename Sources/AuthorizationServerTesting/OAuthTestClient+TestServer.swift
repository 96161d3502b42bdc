import DevelopmentIdentityProvider
// Other packages' tests import only the harness and use the client through it.
@_exported public import OAuthClientKit
import OAuthProtocol

extension OAuthTestClient {
    /// Registers a public client at a test server and returns it with its new id.
    public static func registered(at server: TestServer) async throws -> OAuthTestClient {
        var client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: server.resourceURI)
        let answer = try await client.register([
            "client_name": "Test client", "redirect_uris": [.string(client.redirectURI)],
            "token_endpoint_auth_method": "none",
        ])
        client.id = answer["client_id"] ?? ""
        return client
    }

    /// Introspects a token with the credentials of the test server's resource server (RFC 7662 §2.1).
    public func introspect(
        _ token: String,
        credentials: (id: String, secret: String) = TestServer.resourceServer
    ) async throws -> Answer {
        try await introspect(token, as: credentials)
    }

    /// Exchanges an access token for a token of the test server's upstream (RFC 8693 §2.1); a change of `nil` removes a
    /// parameter.
    public func exchange(
        _ accessToken: String,
        audience: String = TestServer.upstream,
        _ changes: [String: String?] = [:],
        credentials: (id: String, secret: String) = TestServer.resourceServer
    ) async throws -> Answer {
        try await exchange(accessToken, audience: audience, as: credentials, changes)
    }

    /// Takes a browser through consent and the provider's sign-in page, and returns the parameters of the redirect to
    /// the client.
    package func authorize(
        with browser: TestBrowser,
        at server: TestServer,
        as user: String = "ada",
        _ changes: [String: String?] = [:]
    ) async throws -> [String: String] {
        var page = try await browser.get(authorizationURL(changes))
        if page.status == 200, let ticket = page.hiddenFields["ticket"] {
            page = try await browser.post(
                server.issuer + "/oauth/consent",
                form: [("ticket", ticket), ("decision", "approve")]
            )
        }
        return try await finish(page, with: browser, at: server, as: user)
    }

    /// Continues after the redirect to the test server's first provider: signs in at each that is visited, and returns.
    package func finish(
        _ page: TestBrowser.Page,
        with browser: TestBrowser,
        at server: TestServer,
        as user: String = "ada"
    ) async throws -> [String: String] {
        try await finish(
            page,
            with: browser,
            issuer: server.issuer,
            providers: server.allUpstreams.map(\.provider.issuer),
            as: user
        )
    }

    /// Authorizes a user and redeems the code for tokens.
    ///
    /// - Throws: ``AuthorizationRefused`` when there is no code: an unknown user or resource, a malformed scope, or a
    ///   refusal.
    public func tokens(at server: TestServer, as user: String = "ada") async throws -> Answer {
        let browser = TestBrowser(transport: server.transport)
        let answer = try await authorize(with: browser, at: server, as: user)
        guard let code = answer["code"] else {
            throw AuthorizationRefused(error: answer["error"], reason: answer["error_description"])
        }
        return try await redeem(code)
    }
}
