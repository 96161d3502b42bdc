import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration
import Testing

/// One field of a good request changed, everything else right: refused at every endpoint, and nothing is used up by it.
@Suite("A single field that does not match")
struct SingleMismatchTests {
    /// A parameter's new value, or none, and the error that it leads to.
    private typealias Change = (name: String, value: String?, error: String)

    private static let otherResource = "https://other.example.com/mcp"
    private static let otherServer = (id: "other-server", secret: "the-other-resource-servers-secret")
    private static let webSecret = "the-web-clients-own-long-secret"
    private static let batch = (id: "batch", secret: "the-batch-clients-own-long-secret")

    /// A server with two resources, and clients `web` (secret in the form) and `batch`.
    private static func run(_ body: (TestServer, OAuthTestClient) async throws -> Void) async throws {
        try await TestServer.run(configure: { configuration in
            var other = Configuration.Resource(uri: otherResource, scopes: ScopeSet(["mcp:read"]))
            other.clientID = otherServer.id
            other.clientSecret = .value(SecretValue(otherServer.secret))
            configuration.resources.append(other)
            var web = Configuration.Client(clientID: "web")
            web.redirectURIs = ["http://127.0.0.1/callback"]
            web.tokenEndpointAuthMethod = .clientSecretPost
            web.clientSecret = .value(SecretValue(webSecret))
            var machine = Configuration.Client(clientID: batch.id)
            machine.tokenEndpointAuthMethod = .clientSecretPost
            machine.clientSecret = .value(SecretValue(batch.secret))
            machine.grantTypes = [.clientCredentials]
            configuration.clients = [web, machine]
        }) { server in
            var client = OAuthTestClient(
                issuer: server.issuer,
                transport: server.transport,
                resource: TestServer.resource
            )
            client.id = "web"
            client.secret = webSecret
            try await body(server, client)
        }
    }

    private static func changed(_ form: [(String, String)], _ change: Change) -> [(String, String)] {
        form.filter { $0.0 != change.name } + (change.value.map { [(change.name, $0)] } ?? [])
    }

    /// Another token of the same length.
    private static func altered(_ token: String) -> String {
        token.dropLast(2) + (token.hasSuffix("AA") ? "BB" : "AA")
    }

    private static func code(_ client: OAuthTestClient, _ server: TestServer) async throws -> String {
        try #require(
            try await client.authorize(with: TestBrowser(transport: server.transport), at: server)["code"]
        )
    }

    @Test("AZ-2, AZ-3, AZ-7 … AZ-11, RI-1: the authorization request")
    func authorizationRequest() async throws {
        try await Self.run { server, client in
            let browser = TestBrowser(transport: server.transport)
            #expect(try await browser.get(client.authorizationURL()).status == 200)
            // Until the redirect URI is known to be the client's, only the user gets the error (AZ-2, AZ-3).
            for (name, value) in [
                ("client_id", "missing"), ("client_id", nil), ("redirect_uri", "http://127.0.0.1/callback/"),
                ("redirect_uri", "http://localhost:51004/callback"), ("redirect_uri", "https://evil.example/callback"),
            ] as [(String, String?)] {
                let page = try await browser.get(client.authorizationURL([name: value]))
                #expect(page.status == 400 && page.header("location") == nil, "\(name) \(value ?? "-")")
            }
            let changes: [Change] = [
                ("response_type", "token", "unsupported_response_type"), ("response_type", nil, "invalid_request"),
                ("code_challenge", nil, "invalid_request"), ("code_challenge", "short", "invalid_request"),
                ("code_challenge_method", "plain", "invalid_request"),
                ("code_challenge_method", nil, "invalid_request"),
                ("resource", "https://nowhere.example/mcp", "invalid_target"), ("resource", nil, "invalid_target"),
                ("scope", "nothing:known", "invalid_scope"), ("response_mode", "fragment", "invalid_request"),
                ("request", "e30.e30.", "request_not_supported"), ("prompt", "none", "consent_required"),
            ]
            for change in changes {
                let page = try await browser.get(client.authorizationURL([change.name: change.value]))
                let answer = OAuthTestClient.parameters(of: page.header("location") ?? "")
                #expect(answer["error"] == change.error, "\(change.name) \(change.value ?? "-") \(page.status)")
                #expect(answer["state"] == "state-123" && answer["iss"] == server.issuer && answer["code"] == nil)
            }
            #expect(server.provider.capturedRequests(on: .authorization).isEmpty)
        }
    }

    @Test("TK-4, TK-5, TK-7, CA-6, D-14, D-18, D-19: the redemption of a code; the right one still succeeds after it")
    func redemption() async throws {
        try await Self.run { server, client in
            let stranger = try await OAuthTestClient.registered(at: server)
            let changes: [Change] = [
                ("client_id", stranger.id, "invalid_client"), ("client_id", "missing", "invalid_client"),
                ("client_secret", "guess", "invalid_client"), ("client_secret", nil, "invalid_client"),
                ("redirect_uri", "http://127.0.0.1:51005/callback", "invalid_grant"),
                ("code_verifier", String(client.verifier.reversed()), "invalid_grant"),
                ("code_verifier", nil, "invalid_request"), ("resource", Self.otherResource, "invalid_target"),
                ("code", "made-up", "invalid_grant"), ("code", nil, "invalid_request"),
                ("grant_type", "password", "unsupported_grant_type"), ("grant_type", nil, "invalid_request"),
                ("grant_type", "client_credentials", "unauthorized_client"),
            ]
            for change in changes {
                let code = try await Self.code(client, server)
                let form = client.redemption(code)
                let refusal = try await client.token(Self.changed(form, change))
                #expect(refusal.error == change.error, "\(change.name) \(change.value ?? "-")")
                #expect(refusal["access_token"] == nil)
                #expect(try await client.token(form).status == 200, "after \(change.name) \(change.value ?? "-")")
            }
            // Another client, with its own right proof.
            let code = try await Self.code(client, server)
            #expect(try await stranger.redeem(code).error == "invalid_grant")
            #expect(try await client.redeem(code).status == 200)
        }
    }

    @Test("TK-8, CA-6, D-29, D-44: the refresh; the family lives on after it")
    func refresh() async throws {
        try await Self.run { server, client in
            let stranger = try await OAuthTestClient.registered(at: server)
            let tokens = try await client.tokens(at: server)
            let token = try #require(tokens["refresh_token"])
            let form = [
                ("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "web"),
                ("client_secret", Self.webSecret),
            ]
            let changes: [Change] = [
                ("client_id", stranger.id, "invalid_client"), ("client_secret", "guess", "invalid_client"),
                ("client_secret", nil, "invalid_client"), ("refresh_token", Self.altered(token), "invalid_grant"),
                ("refresh_token", tokens["access_token"], "invalid_grant"), ("refresh_token", nil, "invalid_request"),
                ("resource", Self.otherResource, "invalid_target"), ("scope", "mcp:read mcp:write", "invalid_scope"),
                ("scope", "openid", "invalid_scope"), ("grant_type", "password", "unsupported_grant_type"),
            ]
            for change in changes {
                let refusal = try await client.token(Self.changed(form, change))
                #expect(refusal.error == change.error, "\(change.name) \(change.value ?? "-")")
                #expect(refusal["access_token"] == nil)
            }
            #expect(try await stranger.refresh(token).error == "invalid_grant")
            #expect(try await client.token(form).status == 200)
        }
    }

    @Test("CC-1: client credentials")
    func clientCredentials() async throws {
        try await Self.run { server, client in
            let form = [
                ("grant_type", "client_credentials"), ("client_id", Self.batch.id),
                ("client_secret", Self.batch.secret), ("resource", TestServer.resource), ("scope", "mcp:read"),
            ]
            let changes: [Change] = [
                ("client_id", "web", "invalid_client"), ("client_id", "missing", "invalid_client"),
                ("client_secret", "guess", "invalid_client"), ("client_secret", nil, "invalid_client"),
                ("resource", "https://nowhere.example/mcp", "invalid_target"), ("resource", nil, "invalid_target"),
                ("scope", "openid", "invalid_scope"), ("scope", "nothing:known", "invalid_scope"),
                ("grant_type", "authorization_code", "unauthorized_client"),
            ]
            for change in changes {
                let refusal = try await client.token(Self.changed(form, change))
                #expect(refusal.error == change.error, "\(change.name) \(change.value ?? "-")")
                #expect(refusal["access_token"] == nil)
            }
            #expect(try await client.token(form).status == 200)
        }
    }

    @Test("VT-1, VT-2, TX-1: the exchange for an upstream token, and the report of one", arguments: [false, true])
    func upstreamTokens(isReport: Bool) async throws {
        try await Self.run { server, client in
            let tokens = try await client.tokens(at: server)
            let token = try #require(tokens["access_token"])
            server.clock.advance(by: .seconds(61))
            let tokenType = "urn:ietf:params:oauth:token-type:"
            let form =
                [
                    ("subject_token", token), ("subject_token_type", tokenType + "access_token"),
                    ("audience", TestServer.upstream),
                ] + (isReport ? [] : [("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange")])
            func send(
                _ form: [(String, String)],
                as server: (id: String, secret: String) = TestServer.resourceServer
            ) async throws -> OAuthTestClient.Answer {
                try await client.post(
                    isReport ? "/oauth/report-invalid" : "/oauth/token",
                    form,
                    authorization: OAuthTestClient.basic(server.id, server.secret)
                )
            }
            var changes: [Change] = [
                ("subject_token", Self.altered(token), "invalid_grant"),
                ("subject_token", tokens["refresh_token"], "invalid_grant"), ("subject_token", nil, "invalid_request"),
                ("subject_token_type", tokenType + "id_token", "invalid_request"),
                ("subject_token_type", tokenType + "refresh_token", "invalid_request"),
                ("subject_token_type", nil, "invalid_request"), ("audience", "nowhere", "invalid_target"),
            ]
            if !isReport {
                changes += [
                    ("requested_token_type", tokenType + "refresh_token", "invalid_request"),
                    ("actor_token", token, "invalid_request"), ("grant_type", "password", "unsupported_grant_type"),
                ]
            }
            for change in changes {
                let refusal = try await send(Self.changed(form, change))
                #expect(refusal.error == change.error, "\(change.name) \(change.value ?? "-")")
                #expect(refusal["access_token"] == nil)
            }
            #expect(try await send(form, as: (TestServer.resourceServer.id, "guess")).error == "invalid_client")
            #expect(try await send(form, as: Self.otherServer).error == "invalid_target")
            // A client that is no resource server may not retrieve, although it authenticates by its own method.
            let own = form + [("client_id", Self.batch.id), ("client_secret", Self.batch.secret)]
            let stranger = try await client.post(isReport ? "/oauth/report-invalid" : "/oauth/token", own)
            #expect(stranger.status >= 400 && stranger["access_token"] == nil)
            #expect(try await send(form).status == 200)
        }
    }

    @Test("RV-1, IN-1, D-37, D-47: revocation and introspection")
    func revocationAndIntrospection() async throws {
        try await Self.run { server, client in
            let stranger = try await OAuthTestClient.registered(at: server)
            let tokens = try await client.tokens(at: server)
            let (access, refresh) = (tokens["access_token"] ?? "", tokens["refresh_token"] ?? "")
            func isActive() async throws -> Bool { try await client.introspect(access).json["active"] == true }
            for (form, status) in [
                ([("token", refresh), ("client_id", "web"), ("client_secret", "guess")], 401),
                ([("token", refresh), ("client_id", "web")], 401), ([("token", refresh)], 401),
                ([("token", refresh), ("client_id", stranger.id), ("client_secret", Self.webSecret)], 401),
                ([("token", refresh), ("client_id", stranger.id)], 200),
                ([("token", Self.altered(refresh)), ("client_id", "web"), ("client_secret", Self.webSecret)], 200),
                ([("token", Self.altered(access)), ("client_id", "web"), ("client_secret", Self.webSecret)], 200),
                ([("client_id", "web"), ("client_secret", Self.webSecret)], 400),
            ] {
                #expect(try await client.post("/oauth/revoke", form).status == status, "\(form.map(\.0))")
                #expect(try await isActive(), "\(form.map(\.0))")
            }
            #expect(try await client.introspect(Self.altered(access)).json == ["active": false])
            #expect(try await client.introspect(access, credentials: Self.otherServer).json == ["active": false])
            let wrong = (TestServer.resourceServer.id, "guess")
            #expect(try await client.introspect(access, credentials: wrong).error == "invalid_client")
            #expect(
                try await client.post("/oauth/introspect", [("token", access), ("client_id", "web")]).status == 401
            )
            #expect(try await client.revoke(refresh).status == 200)
            #expect(try await !isActive())
        }
    }
}
