import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import HTTPTypes
import OAuthProtocol
import ServerConfiguration
import Testing
import UpstreamIdentity

/// A gateway with an upstream of `type: mcp`: the MCP server is a host with documents, and a second Gatehouse is its
/// authorization server.
struct ProtectedServerScene: Sendable {
    let gateway: TestServer
    let foreign: TestServer
    let host: DocumentHost
    let client: OAuthTestClient

    static let wellKnown = "/.well-known/oauth-protected-resource/mcp"

    /// Starts everything, runs the body, and stops everything.
    static func run(
        upstream server: (inout Configuration.Upstream) -> Void = { _ in },
        foreign foreignServer: (inout Configuration) -> Void = { _ in },
        configure: (inout Configuration) throws -> Void = { _ in },
        environment prepare: (inout ServerEnvironment) throws -> Void = { _ in },
        _ body: (ProtectedServerScene) async throws -> Void
    ) async throws {
        let clock = ManualClock()
        try await DocumentHost.run { host in
            try await TestServer.run(
                clock: clock,
                configure: { configuration in
                    configuration.resources[0].uri = host.url("/mcp")
                    foreignServer(&configuration)
                },
                { foreign in
                    host.protect(by: [foreign.issuer])
                    try await runGateway(server, configure, prepare, host, foreign, clock, body)
                }
            )
        }
    }

    private static func runGateway(
        _ server: (inout Configuration.Upstream) -> Void,
        _ configure: (inout Configuration) throws -> Void,
        _ prepare: (inout ServerEnvironment) throws -> Void,
        _ host: DocumentHost,
        _ foreign: TestServer,
        _ clock: ManualClock,
        _ body: (ProtectedServerScene) async throws -> Void
    ) async throws {
        try await TestServer.run(
            clock: clock,
            configure: { configuration in
                var tools = Configuration.Upstream(name: "tools", preset: .mcp, clientID: nil)
                tools.server.url = host.url("/mcp")
                tools.login = .onDemand
                tools.allowsInsecureHTTP = true
                tools.allowsPrivateNetwork = true
                server(&tools)
                configuration.upstreams.append(tools)
                configuration.resources[0].upstreams = ["corp", "tools"]
                configuration.tokens.accessTokenLifetime = .seconds(86_400)
                try configure(&configuration)
            },
            environment: { environment in
                // A turn between two steps of a test would become a client before the test says so.
                environment.maintainsOnTimer = false
                try prepare(&environment)
            },
            { gateway in
                let client = try await OAuthTestClient.registered(at: gateway)
                try await body(ProtectedServerScene(gateway: gateway, foreign: foreign, host: host, client: client))
            }
        )
    }

    func browser() -> TestBrowser { TestBrowser(transport: gateway.transport) }

    /// A user's access token at the gateway.
    func accessToken(as user: String = "ada") async throws -> String {
        try #require(try await client.tokens(at: gateway, as: user)["access_token"])
    }

    /// What retrieval answers for the MCP server's token.
    func retrieve(_ token: String) async throws -> OAuthTestClient.Answer {
        try await client.exchange(token, audience: "tools")
    }

    /// Follows the address of a refused retrieval, and presses Connect: where the user ends.
    func connect(_ token: String) async throws -> TestBrowser.Page {
        let browser = browser()
        let uri = try #require(try await retrieve(token)["connect_uri"])
        let first = try await browser.get(uri)
        let signedIn = try await walk(try await press("sign_in", "corp", on: first, browser), browser)
        return try await walk(try await press("decision", "connect", on: signedIn, browser), browser)
    }

    private func press(
        _ name: String,
        _ value: String,
        on page: TestBrowser.Page,
        _ browser: TestBrowser
    ) async throws -> TestBrowser.Page {
        try await browser.post(
            try #require(page.formAction, "no form: \(page.status) \(page.text)"),
            form: page.hiddenFields.map { ($0.key, $0.value) } + [(name, value)]
        )
    }

    /// Follows redirects, signs in at either server's provider, and consents at the second Gatehouse.
    private func walk(_ page: TestBrowser.Page, _ browser: TestBrowser) async throws -> TestBrowser.Page {
        let providers = [gateway.provider.issuer, foreign.provider.issuer]
        let origins = ([gateway.issuer, foreign.issuer] + providers).map { $0 + "/" }
        var page = try await browser.follow(page, within: origins)
        for _ in 0..<6 where page.status == 200 {
            let answer: TestBrowser.Page
            if page.url.hasPrefix(foreign.issuer + "/"), let ticket = page.hiddenFields["ticket"] {
                let form = [("ticket", ticket), ("decision", "approve")]
                answer = try await browser.post(foreign.issuer + "/oauth/consent", form: form)
            } else if let provider = providers.first(where: { page.url.hasPrefix($0 + "/") }),
                let action = page.formAction
            {
                let form = page.hiddenFields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } + [("user", "ada")]
                answer = try await browser.post(action.hasPrefix("http") ? action : provider + action, form: form)
            } else {
                return page
            }
            page = try await browser.follow(answer, within: origins)
        }
        return page
    }

    /// What a resource server of the second Gatehouse sees of a token.
    func introspect(
        _ token: String,
        as server: (id: String, secret: String) = TestServer.resourceServer
    ) async throws -> OAuthTestClient.Answer {
        let resourceServer = OAuthTestClient(
            issuer: foreign.issuer,
            transport: foreign.transport,
            resource: host.url("/mcp")
        )
        return try await resourceServer.introspect(token, credentials: server)
    }

    /// The reasons of failures on record at the gateway.
    func reasons(_ event: String) throws -> [String] {
        try gateway.auditEvents(event).compactMap { $0["reason"]?.stringValue }
    }
}

extension DocumentHost {
    /// Serves the metadata of a protected MCP server at `/mcp`, which answers requests without a token with 401.
    func protect(by issuers: [String], _ change: (inout JSONObject) -> Void = { _ in }) {
        var json: JSONObject = [
            "resource": .string(url("/mcp")), "authorization_servers": .strings(issuers),
            "scopes_supported": ["mcp:read"],
        ]
        change(&json)
        serve(Page(body: json.serialized()), at: ProtectedServerScene.wellKnown)
        serve(Page(status: .unauthorized, fields: [.wwwAuthenticate: "Bearer"]), at: "/mcp")
    }

    /// Serves the metadata of an authorization server at `/as`; returns its issuer.
    func authorize(_ change: (inout JSONObject) -> Void) -> String {
        let issuer = url("/as")
        var json: JSONObject = [
            "issuer": .string(issuer), "authorization_endpoint": .string(issuer + "/authorize"),
            "token_endpoint": .string(issuer + "/token"), "registration_endpoint": .string(issuer + "/register"),
            "code_challenge_methods_supported": ["S256"],
        ]
        change(&json)
        serve(Page(body: json.serialized()), at: "/.well-known/oauth-authorization-server/as")
        return issuer
    }
}
