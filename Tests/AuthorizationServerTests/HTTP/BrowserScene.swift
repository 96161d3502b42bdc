import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import ServerConfiguration
import Testing

/// The usual start of a browser test: a server, a client that registered itself, and a browser.
struct BrowserScene {
    let server: TestServer
    var client: OAuthTestClient
    let browser: TestBrowser

    /// Where the server really listens; differs from the issuer behind a proxy.
    var base: String { "http://\(server.server.addresses[0])" }

    /// Starts a server, registers a client with these redirect URIs, and runs the body.
    static func run(
        redirectURIs: [String] = ["http://127.0.0.1:51004/callback"],
        clientName: String = "Test client",
        clock: ManualClock = ManualClock(),
        provider: DevelopmentIdentityProvider.Configuration = .init(),
        configure: (inout Configuration) throws -> Void = { _ in },
        environment: (inout ServerEnvironment) throws -> Void = { _ in },
        _ body: (BrowserScene) async throws -> Void
    ) async throws {
        try await TestServer.run(clock: clock, provider: provider, configure: configure, environment: environment) {
            server in
            let client = try await registered(at: server, redirectURIs: redirectURIs, name: clientName)
            try await body(
                BrowserScene(server: server, client: client, browser: TestBrowser(transport: server.transport))
            )
        }
    }

    /// A further client that registers itself.
    static func registered(
        at server: TestServer,
        redirectURIs: [String],
        name: String = "Test client"
    ) async throws -> OAuthTestClient {
        let base = "http://\(server.server.addresses[0])"
        var client = OAuthTestClient(
            issuer: server.issuer,
            transport: server.transport,
            resource: TestServer.resource
        )
        let answer = try await client.send(
            "POST",
            base + server.server.configuration.issuer.path + "/oauth/register",
            headerFields: [("content-type", "application/json")],
            body: JSONObject([
                ("client_name", .string(name)),
                ("redirect_uris", .array(redirectURIs.map(JSONValue.string))),
                ("token_endpoint_auth_method", "none"),
            ]).serialized()
        )
        client.id = try #require(answer["client_id"])
        client.redirectURI = redirectURIs[0]
        return client
    }

    func anotherBrowser() -> TestBrowser {
        TestBrowser(transport: server.transport)
    }

    /// Opens the client's authorization request.
    func open(
        _ changes: [String: String?] = [:],
        headerFields: [(name: String, value: String)] = []
    ) async throws -> TestBrowser.Page {
        try await browser.get(client.authorizationURL(changes), headerFields: headerFields)
    }

    /// Opens the client's authorization request and takes the ticket from the consent page.
    func ticket(_ changes: [String: String?] = [:]) async throws -> String {
        let page = try await open(changes)
        #expect(page.status == 200)
        return try #require(page.hiddenFields["ticket"])
    }

    /// The name of the browser's consent cookie, if it has one alone.
    func consentCookie() async throws -> String {
        let names = await browser.cookies(for: server.issuer).keys.filter { $0.contains("gatehouse-consent-") }
        try #require(names.count == 1)
        return try #require(names.first)
    }

    /// Answers a consent page.
    func answer(
        _ ticket: String,
        _ decision: String = "approve",
        with browser: TestBrowser? = nil,
        headerFields: [(name: String, value: String)] = []
    ) async throws -> TestBrowser.Page {
        try await (browser ?? self.browser).post(
            server.issuer + "/oauth/consent",
            form: [("ticket", ticket), ("decision", decision)],
            headerFields: headerFields
        )
    }

    /// Opens and approves; the answer leads to the provider.
    func approved(_ changes: [String: String?] = [:]) async throws -> TestBrowser.Page {
        let page = try await answer(try await ticket(changes))
        #expect(page.status == 303)
        return page
    }

    /// From the redirect to the provider to the callback's address, without opening it.
    func callbackURL(after approval: TestBrowser.Page, as user: String = "ada") async throws -> String {
        try #require(try await providerAnswer(after: approval, as: user).header("location"))
    }

    /// From the redirect to the provider to its answer, which is a redirect or a page with a form.
    func providerAnswer(after approval: TestBrowser.Page, as user: String = "ada") async throws -> TestBrowser.Page {
        let provider = server.provider.issuer + "/"
        var page = try await browser.follow(approval, within: [provider])
        if page.status == 200, let action = page.formAction {
            var form = page.hiddenFields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
            form.append(("user", user))
            let target = action.hasPrefix("http") ? action : server.provider.issuer + action
            page = try await browser.follow(try await browser.post(target, form: form), within: [provider])
        }
        return page
    }

    /// The whole way; the answer's parameters.
    func authorize(as user: String = "ada", _ changes: [String: String?] = [:]) async throws -> [String: String] {
        try await client.authorize(with: browser, at: server, as: user, changes)
    }

    /// The gauges and counters of the metrics page without labels.
    func metrics() async throws -> [String: Int] {
        try await BrowserScene.metrics(of: server)
    }

    /// The gauges and counters of the metrics page without labels.
    static func metrics(of server: TestServer) async throws -> [String: Int] {
        let page = try await TestBrowser(transport: server.transport).get(server.managementURL + "/metrics")
        var numbers: [String: Int] = [:]
        for line in page.text.split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: " ")
            if parts.count == 2 { numbers[String(parts[0])] = Double(parts[1]).map { Int($0) } }
        }
        return numbers
    }

    /// The tables that are empty while nothing has been stored.
    func expectNothingStored(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let numbers = try await metrics()
        for name in [
            "gatehouse_pending_authorizations", "gatehouse_authorization_codes", "gatehouse_sessions",
            "gatehouse_consents", "gatehouse_users", "gatehouse_connections",
        ] {
            #expect(numbers[name] == 0, "\(name)", sourceLocation: sourceLocation)
        }
    }

    /// The audit events with this name.
    func auditEvents(_ name: String) throws -> [JSONObject] {
        try server.auditLog.all.map { try JSONParser.parseObject(Array($0.utf8)) }
            .filter { $0["event"]?.stringValue == name }
    }
}

extension TestBrowser.Page {
    var redirectParameters: [String: String] {
        OAuthTestClient.parameters(of: header("location") ?? "")
    }

    /// The page without what is different every time.
    var withoutNonce: String {
        text.replacing(/nonce="[^"]*"/, with: "").replacing(
            /<p class="quiet">Reference: <code>[^<]*<\/code><\/p>/,
            with: ""
        )
    }

    /// The request that an error page names.
    var reference: String? { text.firstMatch(of: /<code>([0-9a-z]+)<\/code><\/p>/).map { String($0.1) } }

    /// CO-5: the fields of every page against framing, scripts, and referrers that reveal where it led.
    func expectPageHeaders(isSecure: Bool = false, sourceLocation: SourceLocation = #_sourceLocation) {
        let policy = header("content-security-policy") ?? ""
        #expect(header("content-type") == "text/html; charset=utf-8", sourceLocation: sourceLocation)
        #expect(policy.contains("default-src 'none'"), sourceLocation: sourceLocation)
        #expect(policy.contains("frame-ancestors 'none'"), sourceLocation: sourceLocation)
        #expect(policy.contains("base-uri 'none'"), sourceLocation: sourceLocation)
        #expect(!policy.contains("form-action"), sourceLocation: sourceLocation)
        #expect(!policy.contains("unsafe"), sourceLocation: sourceLocation)
        #expect(header("x-frame-options") == "DENY", sourceLocation: sourceLocation)
        #expect(header("x-content-type-options") == "nosniff", sourceLocation: sourceLocation)
        #expect(header("referrer-policy") == "no-referrer", sourceLocation: sourceLocation)
        #expect(header("cache-control") == "no-store", sourceLocation: sourceLocation)
        #expect(header("cross-origin-opener-policy") == "same-origin", sourceLocation: sourceLocation)
        #expect((header("strict-transport-security") != nil) == isSecure, sourceLocation: sourceLocation)
        #expect(header("access-control-allow-origin") == nil, sourceLocation: sourceLocation)
        #expect(!text.lowercased().contains("<script"), sourceLocation: sourceLocation)
    }

    /// A page that ends the way: no redirect, no cookie.
    func expectErrorPage(
        _ status: Int = 400,
        _ comment: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(self.status == status, "\(comment)", sourceLocation: sourceLocation)
        #expect(header("location") == nil, "\(comment)", sourceLocation: sourceLocation)
        #expect(headers("set-cookie").isEmpty, "\(comment)", sourceLocation: sourceLocation)
        expectPageHeaders(sourceLocation: sourceLocation)
    }

    /// FD-11: an error that waits for the user's click.
    func expectInterstitial(error: String, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(status == 400, sourceLocation: sourceLocation)
        #expect(header("location") == nil, sourceLocation: sourceLocation)
        #expect(text.contains("error=\(error)&amp;"), sourceLocation: sourceLocation)
        expectPageHeaders(sourceLocation: sourceLocation)
    }
}
