import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import DurableLog
import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import OutboundHTTP
import ServerConfiguration
import Testing

/// A server with two OpenID Connect providers, `corp` and `files`, whose tokens its one resource may retrieve.
struct VaultScene: Sendable {
    let server: TestServer
    let files: DevelopmentIdentityProvider
    var client: OAuthTestClient

    static let proxySecret = "a-secret-that-only-the-proxy-knows"

    /// A login without a code.
    struct LoginEnded: Error {
        let url: String
        let status: Int
    }

    /// Starts everything, runs the body, and stops everything.
    static func run(
        corp: DevelopmentIdentityProvider.Configuration = .init(),
        files filesConfiguration: DevelopmentIdentityProvider.Configuration = .init(),
        configure: (inout Configuration) -> Void = { _ in },
        journal: (any ChangeJournal)? = nil,
        environment prepare: (inout ServerEnvironment) -> Void = { _ in },
        _ body: (VaultScene) async throws -> Void
    ) async throws {
        let clock = ManualClock()
        let files = try DevelopmentIdentityProvider(
            configuration: filesConfiguration,
            timeSource: clock,
            random: SystemRandomSource(),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        try await files.start()
        do {
            try await TestServer.run(
                clock: clock,
                provider: corp,
                configure: { configuration in
                    configuration.upstreams.append(
                        TestServer.upstreamConfiguration(name: "files", issuer: files.issuer)
                    )
                    configuration.resources[0].upstreams = ["corp", "files"]
                    configuration.scopes = configuration.scopes.union(ScopeSet([ScopeSet.connections]))
                    configuration.forwardAuth.secret = .value(SecretValue(proxySecret))
                    configure(&configuration)
                },
                environment: { environment in
                    prepare(&environment)
                    guard let journal else { return }
                    environment.journal = journal
                    // A turn between two steps of a test would find another state of the journal.
                    environment.maintainsOnTimer = false
                },
                { server in
                    var client = try await OAuthTestClient.registered(at: server)
                    client.scope = "mcp:read offline_access connections"
                    try await body(VaultScene(server: server, files: files, client: client))
                }
            )
        } catch {
            await files.shutdown()
            throw error
        }
        await files.shutdown()
    }

    var corp: DevelopmentIdentityProvider { server.provider }
    var clock: ManualClock { server.clock }

    func browser() -> TestBrowser { TestBrowser(transport: server.transport) }

    // MARK: - The browser's way

    /// Follows redirects and signs in at either provider, up to a page of the server or another host.
    func walk(
        _ page: TestBrowser.Page,
        _ browser: TestBrowser,
        as user: String = "ada",
        atFiles filesUser: String? = nil
    ) async throws -> TestBrowser.Page {
        let origins = [server.issuer + "/", corp.issuer + "/", files.issuer + "/"]
        var page = try await browser.follow(page, within: origins)
        for _ in 0..<6 where page.status == 200 {
            guard let provider = [corp, files].first(where: { page.url.hasPrefix($0.issuer + "/") }),
                let action = page.formAction
            else { return page }
            var form = page.hiddenFields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
            form.append(("user", provider === files ? filesUser ?? user : user))
            page = try await browser.follow(
                try await browser.post(action.hasPrefix("http") ? action : provider.issuer + action, form: form),
                within: origins
            )
        }
        return page
    }

    /// The whole login of the client's user, through every provider that is asked.
    func logIn(
        _ browser: TestBrowser? = nil,
        as user: String = "ada",
        atFiles filesUser: String? = nil
    ) async throws -> OAuthTestClient.Answer {
        let browser = browser ?? self.browser()
        let consent = try await browser.get(client.authorizationURL())
        let approved = try await browser.post(
            server.issuer + "/oauth/consent",
            form: [("ticket", consent.hiddenFields["ticket"] ?? ""), ("decision", "approve")]
        )
        let end = try await walk(approved, browser, as: user, atFiles: filesUser)
        guard let code = OAuthTestClient.parameters(of: end.header("location") ?? "")["code"] else {
            throw LoginEnded(url: end.url, status: end.status)
        }
        return try await client.redeem(code)
    }

    /// The code of such a login, not redeemed.
    func code(as user: String = "ada") async throws -> String {
        let browser = browser()
        let consent = try await browser.get(client.authorizationURL())
        let approved = try await browser.post(
            server.issuer + "/oauth/consent",
            form: [("ticket", consent.hiddenFields["ticket"] ?? ""), ("decision", "approve")]
        )
        let end = try await walk(approved, browser, as: user)
        return try #require(OAuthTestClient.parameters(of: end.header("location") ?? "")["code"], "\(end.url)")
    }

    /// A login up to the second provider's sign-in page.
    func walkToFiles(_ browser: TestBrowser, as user: String = "ada") async throws -> TestBrowser.Page {
        let consent = try await browser.get(client.authorizationURL())
        let approved = try await browser.post(
            server.issuer + "/oauth/consent",
            form: [("ticket", consent.hiddenFields["ticket"] ?? ""), ("decision", "approve")]
        )
        let origins = [server.issuer + "/", corp.issuer + "/", files.issuer + "/"]
        let page = try await browser.follow(approved, within: origins)
        let action = try #require(page.formAction)
        let form = page.hiddenFields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } + [("user", user)]
        let answer = try await browser.post(action.hasPrefix("http") ? action : corp.issuer + action, form: form)
        let second = try await browser.follow(answer, within: origins)
        try #require(second.url.hasPrefix(files.issuer + "/"))
        return second
    }

    /// The access token of such a login.
    func accessToken(
        _ browser: TestBrowser? = nil,
        as user: String = "ada",
        atFiles filesUser: String? = nil
    ) async throws -> String {
        try #require(try await logIn(browser, as: user, atFiles: filesUser)["access_token"])
    }

    /// A page of the server, with every hidden field and one button, sent back.
    func press(
        _ name: String,
        _ value: String,
        on page: TestBrowser.Page,
        _ browser: TestBrowser,
        headerFields: [(name: String, value: String)] = []
    ) async throws -> TestBrowser.Page {
        try await browser.post(
            try #require(page.formAction, "no form: \(page.status) \(page.text)"),
            form: page.hiddenFields.map { ($0.key, $0.value) } + [(name, value)],
            headerFields: headerFields
        )
    }

    /// The page of connections, as a browser asks for it.
    func connectionsPage(_ browser: TestBrowser) async throws -> TestBrowser.Page {
        try await browser.get(server.issuer + "/connections", headerFields: [("accept", "text/html,*/*;q=0.8")])
    }

    /// Signs a browser in on the page of connections.
    func signIn(
        _ browser: TestBrowser,
        as user: String = "ada",
        at upstream: String = "corp"
    ) async throws
        -> TestBrowser.Page
    {
        let page = try await connectionsPage(browser)
        let end = try await walk(try await press("sign_in", upstream, on: page, browser), browser, as: user)
        // The redirect back names no Accept header that a test browser would send by itself.
        return end.status == 401 ? try await connectionsPage(browser) : end
    }

    // MARK: - The programs' way

    /// Trades an access token for the tokens of several upstreams.
    func exchange(
        _ token: String,
        _ audiences: [String],
        _ extra: [(String, String)] = []
    ) async throws
        -> OAuthTestClient.Answer
    {
        try await client.token(
            [
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("subject_token", token),
                ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            ] + audiences.map { ("audience", $0) } + extra,
            authorization: OAuthTestClient.basic(TestServer.resourceServer.id, TestServer.resourceServer.secret)
        )
    }

    /// Reports an upstream's token as refused.
    func report(
        _ token: String,
        _ upstream: String = "corp",
        _ extra: [(String, String)] = []
    ) async throws
        -> OAuthTestClient.Answer
    {
        let form =
            [
                ("subject_token", token), ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
                ("audience", upstream),
            ] + extra
        return try await client.send(
            "POST",
            "/oauth/report-invalid",
            headerFields: [
                ("content-type", "application/x-www-form-urlencoded"),
                (
                    "authorization",
                    OAuthTestClient.basic(TestServer.resourceServer.id, TestServer.resourceServer.secret)
                ),
            ],
            body: Array(FormParameters.serialize(form).utf8)
        )
    }

    /// Lists connections with an access token.
    func connections(_ token: String) async throws -> OAuthTestClient.Answer {
        try await client.send("GET", "/connections", headerFields: [("authorization", "Bearer " + token)])
    }

    /// Ends a connection, by its wire id, with an access token.
    func disconnect(_ id: String, _ token: String) async throws -> OAuthTestClient.Answer {
        try await client.send("DELETE", "/connections/" + id, headerFields: [("authorization", "Bearer " + token)])
    }

    /// Posts a logout token as the provider would.
    func postLogout(_ token: String, to upstream: String = "corp") async throws -> OAuthTestClient.Answer {
        try await client.send(
            "POST",
            "/oauth/backchannel-logout/" + upstream,
            headerFields: [("content-type", "application/x-www-form-urlencoded")],
            body: Array(FormParameters.serialize([("logout_token", token)]).utf8)
        )
    }

    /// The one connection of a user at an upstream, as the vault holds it.
    func connection(_ upstream: String = "corp", of token: String) async throws -> Connection {
        let list = try #require(try await connections(token).json["connections"]?.arrayValue)
        let id = try #require(
            list.lazy.compactMap(\.objectValue).first { $0["upstream"]?.stringValue == upstream }?["id"]?.stringValue
        )
        let connection = await server.server.stores.vault.connection(try #require(ConnectionID(id)))
        return try #require(connection)
    }

    /// How many refreshes came to a provider.
    func refreshCount(_ provider: DevelopmentIdentityProvider) -> Int {
        provider.capturedRequests(on: .token).count { $0.parameter("grant_type") == "refresh_token" }
    }
}
