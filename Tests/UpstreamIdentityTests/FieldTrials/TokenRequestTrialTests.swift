import OAuthProtocol
import OutboundHTTP
import Testing

@testable import UpstreamIdentity

@Suite("Field trials: the forms that providers demand of token requests")
struct TokenRequestTrialTests {
    let service = ScriptedService()

    // MARK: - P-5

    private func openID(
        _ provider: ScriptedProvider,
        secret: String? = "s3cret",
        _ adjust: (inout UpstreamBehaviourOverrides) -> Void
    ) throws -> UpstreamProvider {
        var behaviour = UpstreamBehaviourOverrides()
        adjust(&behaviour)
        let configuration = try UpstreamConfiguration(
            name: "corp",
            preset: .oidc,
            issuer: ScriptedProvider.issuer,
            clientID: ScriptedProvider.clientID,
            clientSecret: secret.map(UpstreamClientSecret.init),
            callbackURL: "https://auth.example.com/oauth/callback/corp",
            behaviour: behaviour
        )
        return try UpstreamProvider(
            configuration: configuration,
            transport: provider.transport,
            timeSource: provider.time,
            random: CountingRandom(),
            logger: service.logger
        )
    }

    @Test("P-5: an ID token without nonce and a token endpoint without PKCE, by key and with a warning")
    func linkedIn() async throws {
        let provider = try ScriptedProvider()
        try provider.answerCode { $0["nonce"] = nil }
        let client = try openID(provider) {
            $0.nonce = .off
            $0.proofKey = .off
        }
        #expect(!client.usesNonce)
        let parameters = try await client.authorizationParameters()
        for name in ["nonce", "code_challenge", "code_challenge_method"] { #expect(parameters.values(name).isEmpty) }
        #expect(try await client.login(nonce: nil).subject == ScriptedProvider.subject)
        let form = try #require(provider.transport.requests(to: ScriptedProvider.tokenURL).last).form
        #expect(form.values("code_verifier").isEmpty && form.values("code") == ["code-1"])
        #expect(client.configuration.warnings.map(\.key) == ["pkce", "nonce"])
    }

    @Test("P-5: strict without the keys: no nonce in the token is a refusal, and the verifier is sent")
    func strict() async throws {
        let provider = try ScriptedProvider()
        try provider.answerCode { $0["nonce"] = nil }
        let client = try openID(provider) { _ in }
        #expect(client.usesNonce && client.configuration.warnings.isEmpty)
        #expect(try await error { try await client.login() }.code == .invalidIDToken)
        let form = try #require(provider.transport.requests(to: ScriptedProvider.tokenURL).last).form
        #expect(form.values("code_verifier").count == 1)
    }

    @Test("P-5: a public client keeps PKCE: nothing else protects its code")
    func publicClient() throws {
        let provider = try ScriptedProvider()
        #expect(throws: UpstreamError.self) { try openID(provider, secret: nil) { $0.proofKey = .off } }
        #expect(throws: Never.self) { try openID(provider, secret: nil) { $0.nonce = .off } }
    }

    // MARK: - P-7

    @Test("P-7: JSON with the credentials of HTTP Basic, at login, refresh and revocation")
    func json() async throws {
        var endpoints = ScriptedService.endpoints
        endpoints.revocation = ScriptedService.site + "/revoke"
        let client = try service.client(
            ScriptedService.configuration(endpoints: endpoints) { $0.tokenRequestFormat = .json }
        )
        service.answer(["access_token": "at", "refresh_token": "rt"])
        _ = try await client.login(nonce: nil)
        _ = try await client.refresh(refreshToken: "rt")
        let requests = service.transport.requests(to: ScriptedService.tokenURL)
        #expect(requests.count == 2)
        for request in requests {
            #expect(request.field("Content-Type") == "application/json")
            #expect(request.field("Authorization")?.hasPrefix("Basic ") == true)
        }
        let login = try JSONParser.parseObject(requests[0].body)
        #expect(login["grant_type"] == "authorization_code" && login["code"] == "code-1")
        #expect(login["redirect_uri"] == "https://auth.example.com/oauth/callback/tools")
        #expect(login["code_verifier"] != nil && login["client_secret"] == nil)
        let refresh = try JSONParser.parseObject(requests[1].body)
        #expect(refresh == ["grant_type": "refresh_token", "refresh_token": "rt"])
        service.transport.on(ScriptedService.site + "/revoke", ScriptedTransport.status(200))
        #expect(try await client.revoke(token: "rt", hint: .refreshToken) == .revoked)
        let revocation = try #require(service.transport.requests(to: ScriptedService.site + "/revoke").last)
        #expect(try JSONParser.parseObject(revocation.body)["token"] == "rt")
    }

    @Test("P-7: JSON with the credentials in the body")
    func jsonWithSecret() async throws {
        let client = try service.client(
            ScriptedService.configuration(authentication: .post) { $0.tokenRequestFormat = .json }
        )
        service.answer(["access_token": "at"])
        _ = try await client.login(nonce: nil)
        let request = try #require(service.transport.requests(to: ScriptedService.tokenURL).last)
        let body = try JSONParser.parseObject(request.body)
        #expect(body["client_id"] == "own-client" && body["client_secret"] == "own-secret")
        #expect(request.field("Authorization") == nil)
    }

    // MARK: - P-8

    private func authorization(_ encoding: BasicEncoding?) async throws -> String? {
        let configuration = try ScriptedService.configuration(secret: "a+b/c=d e") { $0.basicEncoding = encoding }
        service.answer(["access_token": "at"])
        _ = try await service.client(configuration).login(nonce: nil)
        return service.transport.requests(to: ScriptedService.tokenURL).last?.field("Authorization")
    }

    @Test("P-8: id and secret are sent as they are where the key says so, and form-encoded otherwise")
    func basic() async throws {
        let raw = "Basic " + Base64.encode(Array("own-client:a+b/c=d e".utf8))
        let encoded = "Basic " + Base64.encode(Array("own-client:a%2Bb%2Fc%3Dd%20e".utf8))
        #expect(try await authorization(.raw) == raw)
        #expect(try await authorization(.form) == encoded)
        #expect(try await authorization(nil) == encoded)
    }

    @Test("P-8: the refusal's log line says what to try, if the secret can be the reason")
    func basicHint() async throws {
        service.transport.on(
            ScriptedService.tokenURL,
            ScriptedTransport.json(["error": "invalid_client"], status: 401)
        )
        func reason(
            _ secret: String,
            _ method: UpstreamClientAuthentication,
            _ encoding: BasicEncoding
        ) async throws
            -> String
        {
            let configuration = try ScriptedService.configuration(secret: secret, authentication: method) {
                $0.basicEncoding = encoding
            }
            return try await error { try await service.client(configuration).login(nonce: nil) }.reason
        }
        let hint = try await reason("a+b/c=", .basic, .form)
        #expect(hint.contains("basic_encoding: raw") && !hint.contains("a+b"))
        #expect(try await !reason("plain", .basic, .form).contains("basic_encoding"))
        #expect(try await !reason("a+b/c=", .post, .form).contains("basic_encoding"))
        #expect(try await !reason("a+b/c=", .basic, .raw).contains("basic_encoding"))
    }

    // MARK: - P-9

    @Test("P-9: refresh tokens go to the refresh endpoint, codes to the token endpoint")
    func refreshEndpoint() async throws {
        var endpoints = ScriptedService.endpoints
        endpoints.refresh = ScriptedService.refreshURL
        let client = try service.client(ScriptedService.configuration(endpoints: endpoints))
        service.answer(["access_token": "at", "refresh_token": "rt"])
        service.transport.on(ScriptedService.refreshURL, ScriptedTransport.json(["access_token": "at-2"]))
        _ = try await client.login(nonce: nil)
        #expect(try await client.refresh(refreshToken: "rt").accessToken == "at-2")
        #expect(service.transport.requests(to: ScriptedService.tokenURL).count == 1)
        #expect(try service.lastForm(ScriptedService.refreshURL).values("refresh_token") == ["rt"])
        #expect(service.transport.requests(to: ScriptedService.refreshURL).last?.field("Authorization") != nil)
    }

    @Test("P-9: also beside discovered endpoints; plain http is refused")
    func refreshEndpointOfOpenID() async throws {
        let provider = try ScriptedProvider()
        provider.transport.on(ScriptedProvider.issuer + "/renew", ScriptedTransport.json(["access_token": "at-2"]))
        let client = try provider.client { $0.endpointOverrides.refresh = ScriptedProvider.issuer + "/renew" }
        #expect(try await client.refresh(refreshToken: "rt").accessToken == "at-2")
        var endpoints = ScriptedService.endpoints
        endpoints.refresh = "http://tools.example.net/refresh"
        let configuration = try ScriptedService.configuration(endpoints: endpoints)
        #expect(throws: UpstreamError.self) { try configuration.check() }
    }
}
