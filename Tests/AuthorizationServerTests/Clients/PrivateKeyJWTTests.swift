import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration
import Testing

/// RFC 7523 §2.2: `private_key_jwt` over HTTP, at every endpoint that authenticates clients (CA-1…CA-6).
@Suite("Client authentication with private_key_jwt")
struct PrivateKeyJWTTests {
    private static let endpoints = ["/oauth/token", "/oauth/revoke", "/oauth/introspect"]

    private static func form(_ endpoint: String) -> [(String, String)] {
        endpoint == "/oauth/token" ? AssertionScene.credentialsForm : [("token", "whatever")]
    }

    @Test("CA-1: the assertion alone names the client; a client_id beside it must say the same")
    func clientID() async throws {
        let key = try TestClientKey("batch")
        try await TestServer.run(configure: { $0.clients = [AssertionScene.client(key)] }) { server in
            let form = AssertionScene.credentialsForm
            let alone = try await server.visitor.token(form + key.form(at: server, tokenID: "1"))
            #expect(alone.status == 200)
            let named = try await server.visitor.token(
                form + [("client_id", "batch")] + key.form(at: server, tokenID: "2")
            )
            #expect(named.status == 200)
            let wrong = try await server.visitor.token(
                form + [("client_id", "cli")] + key.form(at: server, tokenID: "3")
            )
            #expect(wrong.status == 401)
            #expect(wrong.error == "invalid_client")
            // A request that the assertion does not fit has not used it up.
            let right = try await server.visitor.token(form + key.form(at: server, tokenID: "3"))
            #expect(right.status == 200)
        }
    }

    @Test(
        "CA-1, D-42: an assertion without its type, of another type, doubled, or beside a secret is refused",
        arguments: [
            [("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer")], [],
            [("client_assertion_type", ClientAuthenticationRequest.assertionType), ("client_secret", "s")],
            [("client_assertion_type", ClientAuthenticationRequest.assertionType), ("client_assertion", "again")],
        ]
    )
    func malformed(extra: [(String, String)]) async throws {
        let key = try TestClientKey("batch")
        try await TestServer.run(configure: { $0.clients = [AssertionScene.client(key)] }) { server in
            let assertion = try key.form(at: server, tokenID: "1").filter { $0.0 == "client_assertion" }
            let answer = try await server.visitor.token(AssertionScene.credentialsForm + assertion + extra)
            #expect(answer.status == 400)
            #expect(answer.error == "invalid_request")
        }
    }

    @Test(
        "CA-2, D-40: an assertion is good once, at whichever endpoint it is used first",
        arguments: endpoints,
        endpoints
    )
    func replay(first: String, second: String) async throws {
        let key = try TestClientKey("batch")
        try await TestServer.run(configure: { $0.clients = [AssertionScene.client(key)] }) { server in
            let assertion = try key.form(at: server, tokenID: "once")
            let used = try await server.visitor.post(first, Self.form(first) + assertion)
            #expect(used.status == 200)
            let replayed = try await server.visitor.post(second, Self.form(second) + assertion)
            #expect(replayed.status == 401)
            #expect(replayed.error == "invalid_client")
            // After its expiry it is refused as expired.
            server.clock.advance(by: .seconds(3 * 3600))
            await server.server.performMaintenance()
            let late = try await server.visitor.post(second, Self.form(second) + assertion)
            #expect(late.status == 401)
        }
    }

    @Test("D-40: of 64 racers with one assertion one wins")
    func race() async throws {
        let key = try TestClientKey("batch")
        try await TestServer.run(configure: { $0.clients = [AssertionScene.client(key)] }) { server in
            let form = AssertionScene.credentialsForm + (try key.form(at: server, tokenID: "once"))
            let visitor = server.visitor
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<64 { group.addTask { try await visitor.token(form).status } }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 200 } == 1)
            #expect(statuses.count { $0 == 401 } == 63)
        }
    }

    @Test(
        "CA-3, D-41: over HTTP too an assertion for another audience is 401",
        arguments: [
            "https://other.example.com", ["https://other.example.com"],
        ] as [JSONValue]
    )
    func audience(value: JSONValue) async throws {
        let key = try TestClientKey("batch")
        try await TestServer.run(configure: { $0.clients = [AssertionScene.client(key)] }) { server in
            for wrong in [value, [.string(server.issuer), value], .string(server.issuer + "/oauth/token")] {
                var claims = key.claims(for: server.issuer, now: server.clock.now(), tokenID: "1")
                claims["aud"] = wrong
                let form = AssertionScene.credentialsForm + TestClientKey.form(try key.sign(claims))
                let answer = try await server.visitor.token(form)
                #expect(answer.status == 401)
                #expect(answer.error == "invalid_client")
            }
        }
    }

    @Test("CA-3: where the operator allows it a client may name the token endpoint; two audiences never")
    func legacyAudience() async throws {
        let key = try TestClientKey("batch")
        var client = AssertionScene.client(key)
        client.allowsTokenEndpointAudience = true
        try await TestServer.run(configure: { $0.clients = [client] }) { server in
            func status(_ audience: JSONValue, _ id: String) async throws -> Int {
                var claims = key.claims(for: server.issuer, now: server.clock.now(), tokenID: id)
                claims["aud"] = audience
                let form = AssertionScene.credentialsForm + TestClientKey.form(try key.sign(claims))
                return try await server.visitor.token(form).status
            }
            let endpoint = server.issuer + "/oauth/token"
            for (index, audience) in [server.issuer, server.issuer + "/", endpoint].enumerated() {
                let accepted = try await status(.string(audience), "right \(index)")
                #expect(accepted == 200)
            }
            let wrong: [JSONValue] = [
                .string(endpoint + "/"), .string(server.issuer + "//"), .string(server.issuer + "/oauth/revoke"),
                [.string(server.issuer), .string(endpoint)],
            ]
            for (index, audience) in wrong.enumerated() {
                let refused = try await status(audience, "wrong \(index)")
                #expect(refused == 401)
            }
        }
    }

    @Test("VT-1: a resource server proves itself with its key, for exchange and introspection, and not without")
    func resourceServer() async throws {
        let key = try TestClientKey(TestServer.resourceServer.id)
        try await TestServer.run(configure: { configuration in
            configuration.resources[0].clientSecret = nil
            configuration.resources[0].jwks = String(decoding: key.keySet.serialized(), as: UTF8.self)
        }) { server in
            let client = try await OAuthTestClient.registered(at: server)
            let access = try #require(try await client.tokens(at: server)["access_token"])
            let exchange = [
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("subject_token", access),
                ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
                ("audience", TestServer.upstream),
            ]
            let vended = try await client.token(exchange + key.form(at: server, tokenID: "1"))
            #expect(vended.status == 200)
            let active = try await client.post(
                "/oauth/introspect",
                [("token", access)] + key.form(at: server, tokenID: "2")
            )
            #expect(active.json["active"] == true)
            let forger = try TestClientKey(TestServer.resourceServer.id)
            let forged = try await client.token(exchange + forger.form(at: server, tokenID: "3"))
            #expect(forged.status == 401)
            let secret = try await client.exchange(access)
            #expect(secret.status == 401)
        }
    }

    @Test("CA-6: a client proves itself by its registered method only, everywhere", arguments: endpoints)
    func registeredMethod(endpoint: String) async throws {
        let key = try TestClientKey("batch")
        try await TestServer.run(configure: { configuration in
            var secretClient = Configuration.Client(clientID: "secretive")
            secretClient.tokenEndpointAuthMethod = .clientSecretBasic
            secretClient.clientSecret = .value(SecretValue("a secret of the tests"))
            secretClient.grantTypes = [.clientCredentials]
            configuration.clients = [AssertionScene.client(key), secretClient]
        }) { server in
            let form = Self.form(endpoint)
            let visitor = server.visitor
            let none = try await visitor.post(endpoint, form + [("client_id", "batch")])
            let post = try await visitor.post(endpoint, form + [("client_id", "batch"), ("client_secret", "s")])
            let basic = try await visitor.post(endpoint, form, authorization: OAuthTestClient.basic("batch", "s"))
            // An unregistered key, in the name of a client with a secret.
            var impostor = try TestClientKey("secretive")
            impostor.keyID = nil
            let assertion = try await visitor.post(endpoint, form + impostor.form(at: server, tokenID: "1"))
            for answer in [none, post, basic, assertion] {
                #expect(answer.status == 401)
                #expect(answer.error == "invalid_client")
            }
            #expect(basic.header("www-authenticate")?.hasPrefix("Basic ") == true)
            let right = try await visitor.post(endpoint, form + key.form(at: server, tokenID: "2"))
            #expect(right.status == 200)
        }
    }

    @Test("D-43: an unknown client and a wrong key get one answer")
    func oneAnswer() async throws {
        let key = try TestClientKey("batch")
        try await TestServer.run(configure: { $0.clients = [AssertionScene.client(key)] }) { server in
            let (stranger, forger) = (try TestClientKey("missing"), try TestClientKey("batch"))
            let form = AssertionScene.credentialsForm
            let unknown = try await server.visitor.token(form + stranger.form(at: server, tokenID: "1"))
            let forged = try await server.visitor.token(form + forger.form(at: server, tokenID: "1"))
            #expect(unknown.status == 401)
            #expect(forged.status == unknown.status)
            #expect(forged.json == unknown.json)
        }
    }

    @Test("D-80: a client that registers itself and floods assertions is refused for now; other clients are not")
    func flood() async throws {
        let configured = try TestClientKey("batch")
        try await TestServer.run(
            configure: { $0.clients = [AssertionScene.client(configured)] },
            environment: {
                $0.storeLimits.consumedAssertionsPerSelfRegisteredMax = 3
                $0.storeLimits.consumedAssertionsMax = 8
            }
        ) { server in
            func selfRegistered() async throws -> TestClientKey {
                var key = try TestClientKey("")
                let registration = try await server.visitor.register([
                    "redirect_uris": ["https://client.example/callback"],
                    "token_endpoint_auth_method": "private_key_jwt", "jwks": .object(key.keySet),
                ])
                key.clientID = try #require(registration["client_id"])
                return key
            }
            func status(_ key: TestClientKey, _ id: String) async throws -> Int {
                // The code does not exist: the assertion is examined, and used up, before it.
                try await server.visitor.token(
                    [("grant_type", "authorization_code"), ("code", "x"), ("code_verifier", Self.verifier)]
                        + key.form(at: server, tokenID: id)
                ).status
            }
            let (greedy, other) = (try await selfRegistered(), try await selfRegistered())
            for id in ["1", "2", "3"] { #expect(try await status(greedy, id) == 400) }
            for id in ["4", "5", "1"] { #expect(try await status(greedy, id) == (id == "1" ? 401 : 503)) }
            #expect(try await status(other, "1") == 400)
            let answer = try await server.visitor.token(
                AssertionScene.credentialsForm + configured.form(at: server, tokenID: "1")
            )
            #expect(answer.status == 200)
            // Minutes after they have expired its share is free again.
            server.clock.advance(by: .seconds(420))
            #expect(try await status(greedy, "6") == 400)
        }
    }

    private static let verifier = String(repeating: "v", count: 43)

    @Test("CA-5, CR-1: a client that registers itself with keys logs users in with them")
    func dynamicRegistration() async throws {
        try await TestServer.run { server in
            var key = try TestClientKey("", algorithm: .edDSA)
            var client = server.visitor
            client.redirectURI = "https://client.example/callback"
            let registration = try await client.register([
                "redirect_uris": [.string(client.redirectURI)], "token_endpoint_auth_method": "private_key_jwt",
                "jwks": .object(key.keySet),
            ])
            #expect(registration.status == 201)
            #expect(registration["token_endpoint_auth_method"] == "private_key_jwt")
            #expect(registration["client_secret"] == nil)
            #expect(registration.json["jwks"]?.objectValue == key.keySet)
            client.id = registration["client_id"] ?? ""
            key.clientID = client.id
            let browser = TestBrowser(transport: server.transport)
            let code = try await client.authorize(with: browser, at: server)["code"] ?? ""
            // Authenticate before anything else: without the assertion the code stays.
            let unproven = try await client.redeem(code)
            #expect(unproven.status == 401)
            let tokens = try await client.token(client.redemption(code) + key.form(at: server, tokenID: "1"))
            #expect(tokens.status == 200)
            let refreshToken = try #require(tokens["refresh_token"])
            let unprovenRefresh = try await client.refresh(refreshToken)
            #expect(unprovenRefresh.status == 401)
            let refreshed = try await client.refresh(refreshToken, key.form(at: server, tokenID: "2"))
            #expect(refreshed.status == 200)
            let revoked = try await client.revoke(refreshToken, key.form(at: server, tokenID: "3"))
            #expect(revoked.status == 200)
        }
    }

    @Test(
        "CR-4, FD-7: private_key_jwt without usable keys is refused, and never assigned unasked",
        arguments: [
            ["token_endpoint_auth_method": "private_key_jwt"],
            ["token_endpoint_auth_method": "private_key_jwt", "jwks": ["keys": []]],
            ["token_endpoint_auth_method": "private_key_jwt", "jwks": "https://client.example/jwks"],
            ["token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "http://client.example/jwks"],
            ["token_endpoint_auth_method": "private_key_jwt", "jwks": ["keys": [["kty": "oct", "k": "c2VjcmV0"]]]],
        ] as [JSONObject]
    )
    func unusableRegistration(metadata: JSONObject) async throws {
        try await TestServer.run { server in
            let answer = try await server.visitor.register(
                metadata.setting("redirect_uris", ["https://client.example/callback"])
            )
            #expect(answer.status == 400)
            #expect(answer.error == "invalid_client_metadata")
            let key = try TestClientKey("")
            let unasked = try await server.visitor.register([
                "redirect_uris": ["https://client.example/callback"], "jwks": .object(key.keySet),
            ])
            #expect(unasked["token_endpoint_auth_method"] == "client_secret_basic")
        }
    }

    @Test("MD-5, MD-7: the metadata offers what works")
    func metadata() async throws {
        try await TestServer.run { server in
            let metadata = try await server.visitor.send("GET", "/.well-known/oauth-authorization-server").json
            let methods: JSONValue = ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"]
            let algorithms: JSONValue = ["RS256", "PS256", "ES256", "EdDSA"]
            #expect(metadata["token_endpoint_auth_methods_supported"] == methods)
            #expect(metadata["token_endpoint_auth_signing_alg_values_supported"] == algorithms)
            #expect(metadata["revocation_endpoint"] == .string(server.issuer + "/oauth/revoke"))
            #expect(metadata["revocation_endpoint_auth_methods_supported"] == methods)
            #expect(metadata["revocation_endpoint_auth_signing_alg_values_supported"] == algorithms)
            #expect(metadata["introspection_endpoint"] == .string(server.issuer + "/oauth/introspect"))
            let confidential: JSONValue = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
            #expect(metadata["introspection_endpoint_auth_methods_supported"] == confidential)
            let grants = metadata["grant_types_supported"]?.stringArrayValue ?? []
            #expect(grants.contains("client_credentials"))
        }
    }
}

extension JSONObject {
    fileprivate func setting(_ name: String, _ value: JSONValue) -> JSONObject {
        var copy = self
        copy[name] = value
        return copy
    }
}
