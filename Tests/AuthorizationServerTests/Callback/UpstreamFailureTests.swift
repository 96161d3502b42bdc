import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import Testing

@Suite("AZ-15, D-66: an upstream failure ends in a clear error for the client, and stores nothing")
struct UpstreamFailureTests {
    /// Runs a login into a fault and returns the answer to the client.
    private static func answer(
        _ scene: BrowserScene,
        _ faults: [Fault],
        on endpoint: EndpointName
    ) async throws -> TestBrowser.Page {
        for fault in faults { scene.server.provider.script(fault, on: endpoint) }
        let url = try await scene.callbackURL(after: try await scene.approved())
        return try await scene.browser.get(url)
    }

    private static func expect(
        _ page: TestBrowser.Page,
        _ error: String,
        _ scene: BrowserScene,
        _ comment: String
    ) async throws {
        #expect(page.status == 302, "\(comment)")
        #expect(page.header("location")?.hasPrefix(scene.client.redirectURI + "?") == true, "\(comment)")
        let parameters = page.redirectParameters
        #expect(Set(parameters.keys) == ["error", "error_description", "state", "iss"], "\(comment)")
        #expect(parameters["error"] == error, "\(comment)")
        #expect(parameters["state"] == "state-123", "\(comment)")
        #expect(parameters["iss"] == scene.server.issuer, "\(comment)")
        #expect(page.header("cache-control") == "no-store", "\(comment)")
        #expect(page.header("referrer-policy") == "no-referrer", "\(comment)")
        try await scene.expectNothingStored()
        scene.server.provider.clearScript()
    }

    @Test("AZ-15: the provider's error is mapped, and its text is never passed on")
    func authorizationErrors() async throws {
        let table = [
            ("access_denied", "access_denied"), ("server_error", "temporarily_unavailable"),
            ("temporarily_unavailable", "temporarily_unavailable"), ("invalid_request", "server_error"),
            ("unauthorized_client", "server_error"), ("invalid_scope", "server_error"),
            ("<script>alert(1)</script>", "server_error"), ("made up by the provider", "server_error"),
        ]
        try await BrowserScene.run { scene in
            for (sent, expected) in table {
                let page = try await Self.answer(scene, [.oauthError(sent)], on: .authorization)
                try await Self.expect(page, expected, scene, sent)
                let location = try #require(page.header("location"))
                #expect(!location.contains("the%20script%20says%20so"))
                #expect(!location.contains("alert"))
                #expect(!location.contains("made%20up"))
            }
            #expect(scene.server.provider.requestCount(on: .token) == 0)
            #expect(try scene.auditEvents("upstream.login_failed").count == table.count)
        }
    }

    @Test("D-66, UP-2: an ID token that does not fit is server_error, and creates no user, session or connection")
    func idTokens() async throws {
        let faults: [(String, Fault)] = [
            ("wrong nonce", .wrongNonce), ("no nonce", .missingNonce), ("wrong audience", .wrongAudience),
            ("two audiences", .idTokenClaim("aud", ["gatehouse", "another-client"])),
            ("foreign azp", .idTokenClaim("azp", "another-client")), ("wrong issuer", .wrongIssuer),
            ("expired", .expiredIDToken), ("from the future", .idTokenFromTheFuture),
            ("exp as text", .idTokenClaim("exp", "4000000000")), ("no exp", .idTokenClaim("exp", nil)),
            ("no iat", .idTokenClaim("iat", nil)), ("no subject", .idTokenClaim("sub", nil)),
            ("empty subject", .idTokenClaim("sub", "")), ("numeric subject", .idTokenClaim("sub", 7)),
            ("no issuer", .idTokenClaim("iss", nil)), ("alg none", .algorithmNone), ("HS256", .algorithmHS256),
            ("unknown kid", .unknownKeyID), ("foreign key", .idTokenSignature(.foreignKey)),
            ("changed payload", .idTokenSignature(.changedPayload)), ("no ID token", .missingIDToken),
            ("garbage", .replace("id_token", "a.b.c")),
        ]
        try await BrowserScene.run { scene in
            for (name, fault) in faults {
                let page = try await Self.answer(scene, [fault], on: .token)
                try await Self.expect(page, "server_error", scene, name)
            }
        }
    }

    @Test("AZ-15: a token endpoint that fails for now is temporarily_unavailable, one that refuses is server_error")
    func tokenEndpoint() async throws {
        let table: [(Fault, String)] = [
            (.status(500), "temporarily_unavailable"), (.status(502), "temporarily_unavailable"),
            (.unavailable, "temporarily_unavailable"), (.tooManyRequests(retryAfter: 7), "temporarily_unavailable"),
            (.closeConnection, "temporarily_unavailable"), (.invalidGrant, "server_error"),
            (.invalidClient, "server_error"), (.errorWithStatus200("bad_verification_code"), "server_error"),
            (.malformedJSON, "server_error"), (.page, "server_error"), (.omit("access_token"), "server_error"),
            (.redirect(to: "http://169.254.169.254/"), "server_error"),
            (.hugeBody(byteCount: 4_000_000), "server_error"),
        ]
        try await BrowserScene.run { scene in
            for (fault, expected) in table {
                let page = try await Self.answer(scene, [fault], on: .token)
                try await Self.expect(page, expected, scene, "\(fault)")
            }
        }
    }

    @Test("D-21, UP-1: an answer that names another issuer is refused before the code is sent anywhere")
    func mixedUpIssuer() async throws {
        try await BrowserScene.run { scene in
            let page = try await Self.answer(scene, [.wrongIssuer], on: .authorization)
            try await Self.expect(page, "server_error", scene, "wrong iss")
            #expect(scene.server.provider.requestCount(on: .token) == 0)
        }
    }

    @Test("UP-3: neither code nor error is server_error")
    func neither() async throws {
        try await BrowserScene.run { scene in
            let page = try await Self.answer(scene, [.omit("code")], on: .authorization)
            try await Self.expect(page, "server_error", scene, "no code")
        }
    }

    @Test("AZ-15: a user who cancels at the provider is access_denied")
    func cancelled() async throws {
        try await BrowserScene.run { scene in
            let provider = scene.server.provider.issuer
            let signIn = try await scene.browser.follow(try await scene.approved(), within: [provider + "/"])
            let form = signIn.hiddenFields.map { ($0.key, $0.value) } + [("decision", "deny")]
            let page = try await scene.browser.post(provider + "/sign-in", form: form)
            let answer = try await scene.browser.get(try #require(page.header("location")))
            try await Self.expect(answer, "access_denied", scene, "cancelled")
        }
    }

    @Test("FD-11: a self-registered https client's error is on a page, with a link")
    func interstitial() async throws {
        try await BrowserScene.run(redirectURIs: ["https://evil.example/cb"]) { scene in
            let page = try await Self.answer(scene, [.oauthError("access_denied")], on: .authorization)
            page.expectInterstitial(error: "access_denied")
        }
    }

    @Test("After a failed login the next one succeeds")
    func recovery() async throws {
        try await BrowserScene.run { scene in
            let failed = try await Self.answer(scene, [.wrongNonce], on: .token)
            try await Self.expect(failed, "server_error", scene, "first")
            let answer = try await scene.authorize()
            #expect(try await scene.client.redeem(try #require(answer["code"])).status == 200)
        }
    }
}
