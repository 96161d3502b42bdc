import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("RFC 6749 §4.1.2.1: errors after the redirect URI is verified are sent to it")
struct AuthorizationRedirectErrorTests {
    /// A change of the request, and the error it must lead to.
    private typealias Row = (rule: String, changes: [String: String?], error: String)

    private static let rows: [Row] = [
        ("AZ-7, D-12", ["code_challenge": nil, "code_challenge_method": nil], "invalid_request"),
        ("AZ-7", ["code_challenge": nil], "invalid_request"),
        ("AZ-8", ["code_challenge_method": "plain"], "invalid_request"),
        ("AZ-8", ["code_challenge_method": nil], "invalid_request"),
        ("AZ-8", ["code_challenge_method": "s256"], "invalid_request"),
        ("AZ-8", ["code_challenge_method": "S512"], "invalid_request"),
        ("AZ-9", ["code_challenge": "short"], "invalid_request"),
        ("AZ-9", ["code_challenge": String(repeating: "a", count: 44)], "invalid_request"),
        ("AZ-9", ["code_challenge": String(repeating: "+", count: 43)], "invalid_request"),
        ("AZ-9", ["code_challenge": String(repeating: "A", count: 42) + "="], "invalid_request"),
        ("AZ-9", ["code_challenge": String(repeating: "A", count: 42) + "B"], "invalid_request"),
        ("AZ-10, D-12", ["code_challenge": ""], "invalid_request"),
        ("AZ-11", ["response_type": nil], "invalid_request"),
        ("AZ-11", ["response_type": ""], "invalid_request"),
        ("AZ-11, D-11", ["response_type": "token"], "unsupported_response_type"),
        ("AZ-11, D-11", ["response_type": "code token"], "unsupported_response_type"),
        ("AZ-11, D-11", ["response_type": "id_token"], "unsupported_response_type"),
        ("AZ-11, D-11", ["response_type": "code id_token"], "unsupported_response_type"),
        ("AZ-11", ["response_type": "CODE"], "unsupported_response_type"),
        ("AZ-11", ["response_type": "none"], "unsupported_response_type"),
        ("AZ-12", ["response_mode": "fragment"], "invalid_request"),
        ("AZ-12", ["response_mode": "form_post"], "invalid_request"),
        ("AZ-12", ["response_mode": "query.jwt"], "invalid_request"),
        ("AZ-13", ["nonce": String(repeating: "n", count: 2049)], "invalid_request"),
        ("AZ-19", ["prompt": "none"], "consent_required"),
        ("AZ-19", ["prompt": "none login"], "invalid_request"),
        ("AZ-19", ["max_age": "-1"], "invalid_request"),
        ("AZ-19", ["max_age": "soon"], "invalid_request"),
        ("AZ-21", ["request": "eyJhbGciOiJub25lIn0.e30."], "request_not_supported"),
        ("AZ-21", ["request_uri": "https://evil.example/r"], "request_uri_not_supported"),
        // A reference with the prefix of pushed requests gets a page instead: PushedRequestTests.
        ("AZ-21", ["request_uri": "urn:example:request:x"], "request_uri_not_supported"),
        ("RI-1, D-45", ["resource": "https://other.example.com/mcp"], "invalid_target"),
        ("RI-1, D-45", ["resource": TestServer.resource + "#f"], "invalid_target"),
        ("RI-1, D-45", ["resource": TestServer.resource + "/"], "invalid_target"),
        ("RI-1, D-45", ["resource": "http://mcp.example.com/mcp"], "invalid_target"),
        ("RI-1, D-45", ["resource": "http://169.254.169.254/"], "invalid_target"),
        ("RI-1, D-45", ["resource": "mcp"], "invalid_target"),
        ("FD-2", ["scope": "mcp:read \"quoted\""], "invalid_scope"),
        ("FD-2", ["scope": "é"], "invalid_scope"),
        ("FD-2", ["scope": String(repeating: "a", count: 4097)], "invalid_scope"),
    ]

    @Test("AZ-7…12, AZ-19, AZ-21, RI-1, D-11, D-12, D-45: each error reaches a loopback client whole")
    func table() async throws {
        try await BrowserScene.run { scene in
            for row in Self.rows {
                let page = try await scene.open(row.changes)
                let comment = "\(row.rule): \(row.changes)"
                #expect(page.status == 302, "\(comment)")
                #expect(page.header("location")?.hasPrefix(scene.client.redirectURI + "?") == true, "\(comment)")
                let parameters = page.redirectParameters
                #expect(parameters["error"] == row.error, "\(comment)")
                // AZ-14, D-21: exactly one issuer, one error, one state, and no code.
                #expect(parameters["iss"] == scene.server.issuer, "\(comment)")
                #expect(parameters["state"] == "state-123", "\(comment)")
                #expect(parameters["code"] == nil, "\(comment)")
                #expect(parameters["error_description"]?.isEmpty == false, "\(comment)")
                // AZ-17, D-24.
                #expect(page.header("cache-control") == "no-store", "\(comment)")
                #expect(page.header("referrer-policy") == "no-referrer", "\(comment)")
                #expect(page.headers("set-cookie").isEmpty, "\(comment)")
            }
            try await scene.expectNothingStored()
            #expect(scene.server.provider.capturedRequests().isEmpty)
            #expect(try scene.auditEvents("authorization.refused").count == Self.rows.count)
        }
    }

    @Test("AZ-1, D-9: every repeated parameter but resource is invalid_request, to the verified redirect URI")
    func duplicates() async throws {
        let values = [
            ("state", "other"), ("code_challenge", "x"), ("code_challenge_method", "S256"), ("scope", "mcp:read"),
            ("response_type", "code"), ("nonce", "n"), ("prompt", "login"), ("state", ""),
        ]
        try await BrowserScene.run { scene in
            for (name, value) in values {
                let twice = FormParameters.serialize([(name, value), (name, value)])
                let page = try await scene.browser.get(scene.client.authorizationURL() + "&" + twice)
                #expect(page.status == 302, "\(name)")
                #expect(page.redirectParameters["error"] == "invalid_request", "\(name)")
                // Of two states neither is echoed, because the client cannot know which one to expect.
                #expect(page.redirectParameters["state"] == (name == "state" ? nil : "state-123"), "\(name)")
            }
        }
    }

    @Test("RI-2: the same resource twice is one resource; two different ones are invalid_target")
    func resources() async throws {
        let other = "https://tools.example.com/mcp"
        func configure(_ configuration: inout Configuration) {
            configuration.resources.append(.init(uri: other, scopes: ScopeSet(["mcp:read"])))
        }
        try await BrowserScene.run(configure: configure) { scene in
            func page(_ resources: [String]) async throws -> TestBrowser.Page {
                let more = FormParameters.serialize(resources.map { ("resource", $0) })
                return try await scene.browser.get(scene.client.authorizationURL(["resource": nil]) + "&" + more)
            }
            #expect(try await page([TestServer.resource, "HTTPS://MCP.example.com/mcp"]).status == 200)
            #expect(try await page([TestServer.resource, TestServer.resource]).status == 200)
            #expect(try await page([TestServer.resource, "https://MCP.example.com/mcp"]).status == 200)
            let both = try await page([TestServer.resource, other])
            #expect(both.redirectParameters["error"] == "invalid_target")
            // FD-5: with several resources there is no default.
            let none = try await scene.open(["resource": nil])
            #expect(none.redirectParameters["error"] == "invalid_target")
        }
    }

    @Test("AZ-13: a state beyond 2 KiB is refused and not echoed")
    func longState() async throws {
        try await BrowserScene.run { scene in
            let page = try await scene.open(["state": String(repeating: "s", count: 2049)])
            #expect(page.redirectParameters["error"] == "invalid_request")
            #expect(page.redirectParameters["state"] == nil)
            #expect(page.redirectParameters["iss"] == scene.server.issuer)
        }
    }

    @Test("AZ-1: unknown parameters are ignored, empty ones are absent")
    func unknownAndEmpty() async throws {
        try await BrowserScene.run { scene in
            let page = try await scene.open([
                "foo": "bar", "nonce": "", "prompt": "", "max_age": "", "response_mode": "", "request": "",
                "request_uri": "", "resource": "", "scope": "", "login_hint": "", "response_mode ": "fragment",
            ])
            #expect(page.status == 200)
            #expect(try await scene.open(["response_mode": "query"]).status == 200)
        }
    }

    @Test("unauthorized_client: a client without the code grant gets this error, and nothing else happens")
    func grantNotAllowed() async throws {
        func configure(_ configuration: inout Configuration) {
            var client = Configuration.Client(clientID: "batch")
            client.redirectURIs = ["https://batch.example.com/cb"]
            client.grantTypes = [.clientCredentials]
            configuration.clients = [client]
        }
        try await BrowserScene.run(configure: configure) { scene in
            let page = try await scene.open([
                "client_id": "batch", "redirect_uri": "https://batch.example.com/cb",
            ])
            #expect(page.status == 302)
            #expect(page.redirectParameters["error"] == "unauthorized_client")
        }
    }

    @Test(
        "AZ-19: prompt=login, max_age, login_hint, acr_values and ui_locales are taken, and forwarded where they help"
    )
    func hints() async throws {
        try await BrowserScene.run { scene in
            let page = try await scene.approved([
                "prompt": "login consent", "max_age": "60", "login_hint": "ada@example.com", "acr_values": "urn:mfa",
                "ui_locales": "de",
            ])
            let sent = page.redirectParameters
            #expect(sent["prompt"] == "login")
            #expect(sent["max_age"] == "60")
            #expect(sent["login_hint"] == "ada@example.com")
            #expect(sent["acr_values"] == "urn:mfa")
            // RI-5: the client's resource means nothing to the provider.
            #expect(sent["resource"] == nil)
            #expect(sent["state"] != "state-123")
        }
    }
}

@Suite("RFC 9700 §4.11.2, FD-11: errors do not redirect people to a site of an attacker's choice")
struct InterstitialTests {
    private static let evil = "https://evil.example/landing"

    @Test("D-22: a self-registered https client gets every error on a page, by the user's own click")
    func errors() async throws {
        try await BrowserScene.run(redirectURIs: [Self.evil]) { scene in
            let changes: [[String: String?]] = [
                ["scope": "a\"b"], ["prompt": "none"], ["response_type": "token"], ["code_challenge": nil],
                ["resource": "https://other.example.com"],
            ]
            for change in changes {
                let page = try await scene.open(change)
                page.expectErrorPage(400, "\(change)")
                // The page has the way back as a link with its host, and no script or refresh follows it.
                #expect(page.text.contains("evil.example"))
                #expect(
                    page.text.contains(#"<a class="button" rel="noreferrer" href="https://evil.example/landing?error="#)
                )
                #expect(!page.text.lowercased().contains("http-equiv"))
                #expect(page.header("refresh") == nil)
            }
        }
    }

    @Test("D-22: a denial is on a page too; the code itself is redirected")
    func denial() async throws {
        try await BrowserScene.run(redirectURIs: [Self.evil]) { scene in
            let denied = try await scene.answer(try await scene.ticket(), "deny")
            #expect(denied.status == 400)
            #expect(denied.header("location") == nil)
            #expect(denied.text.contains("error=access_denied"))
            let url = try await scene.callbackURL(after: try await scene.approved())
            let granted = try await scene.browser.get(url)
            #expect(granted.status == 302)
            #expect(granted.redirectParameters["code"] != nil)
        }
    }

    @Test("FD-11: a pre-registered https client and a loopback one are redirected")
    func preRegistered() async throws {
        func configure(_ configuration: inout Configuration) {
            var client = Configuration.Client(clientID: "known")
            client.redirectURIs = ["https://known.example.com/cb"]
            configuration.clients = [client]
        }
        try await BrowserScene.run(configure: configure) { scene in
            let page = try await scene.open([
                "client_id": "known", "redirect_uri": "https://known.example.com/cb", "response_type": "token",
            ])
            #expect(page.status == 302)
            #expect(page.header("location")?.hasPrefix("https://known.example.com/cb?error=") == true)
        }
    }

    @Test("D-22: errors are not redirected to a private-use URI of a self-registered client either")
    func privateUse() async throws {
        try await BrowserScene.run(redirectURIs: ["com.example.app:/cb"]) { scene in
            let page = try await scene.open(["response_type": "token"])
            page.expectErrorPage()
            #expect(page.text.contains(#"href="com.example.app:/cb?error="#))
        }
    }

    @Test("D-58: state and description are escaped in the page's link")
    func escaping() async throws {
        try await BrowserScene.run(redirectURIs: [Self.evil], clientName: "<i>Evil</i> & \"co\"") { scene in
            let page = try await scene.open(["state": #""><script>alert(1)</script>'"#, "prompt": "none"])
            page.expectErrorPage()
            #expect(page.text.contains("&lt;i&gt;Evil&lt;/i&gt; &amp; &quot;co&quot;"))
            #expect(!page.text.contains("<i>"))
            #expect(!page.text.contains("alert(1)"))
            let twice = FormParameters.serialize([("\"><b>x", "1"), ("\"><b>x", "2")])
            let repeated = try await scene.browser.get(scene.client.authorizationURL() + "&" + twice)
            #expect(!repeated.text.contains("<b>"))
        }
    }
}
