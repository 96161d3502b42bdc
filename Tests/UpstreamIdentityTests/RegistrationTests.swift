import OAuthProtocol
import OutboundHTTP
import Testing

@testable import UpstreamIdentity

@Suite("RFC 7591: registering ourselves at a provider")
struct RegistrationTests {
    static let answer: JSONObject = [
        "client_id": "issued-id", "client_secret": "issued-secret", "client_secret_expires_at": 0,
        "token_endpoint_auth_method": "client_secret_basic", "registration_access_token": "rat",
        "registration_client_uri": "https://login.corp.example/realm/register/issued-id",
    ]

    private func register(
        _ provider: ScriptedProvider,
        target: UpstreamRegistrationRequest.Target = .issuer(ScriptedProvider.issuer)
    ) async throws(UpstreamError) -> UpstreamClientRegistration {
        let registrar = UpstreamRegistrar(transport: provider.transport, timeSource: provider.time)
        return try await registrar.register(
            UpstreamRegistrationRequest(
                target: target,
                redirectURIs: ["https://auth.example.com/oauth/callback/corp"],
                clientName: "Gatehouse",
                scopes: ["openid", "email"],
                initialAccessToken: UpstreamClientSecret("iat-1")
            )
        )
    }

    @Test("All credentials are returned, so that the caller can store them")
    func registration() async throws {
        let provider = try ScriptedProvider()
        provider.transport.on(ScriptedProvider.registrationURL, ScriptedTransport.json(Self.answer, status: 201))
        let registration = try await register(provider)
        #expect(registration.clientID == "issued-id")
        #expect(registration.clientSecret?.value == "issued-secret")
        #expect(registration.secretExpiry == nil)
        #expect(registration.authenticationMethod == .clientSecretBasic)
        #expect(registration.registrationAccessToken?.value == "rat")
        #expect(registration.registeredAt == provider.time.now())
        #expect("\(registration)" == "<redacted>")
        let request = try #require(provider.transport.requests(to: ScriptedProvider.registrationURL).first)
        #expect(request.field("Authorization") == "Bearer iat-1")
        #expect(request.maximumRedirects == 0)
        let body = try JSONParser.parseObject(request.body)
        #expect(body["redirect_uris"] == ["https://auth.example.com/oauth/callback/corp"])
        #expect(body["token_endpoint_auth_method"] == "client_secret_basic")
        #expect(body["grant_types"] == ["authorization_code", "refresh_token"])
        #expect(body["scope"] == "openid email")
    }

    @Test("A secret's expiry is returned")
    func expiringSecret() async throws {
        let provider = try ScriptedProvider()
        var answer = Self.answer
        answer["client_secret_expires_at"] = 1_795_086_400
        provider.transport.on(ScriptedProvider.registrationURL, ScriptedTransport.json(answer, status: 201))
        let registration = try await register(provider, target: .endpoint(ScriptedProvider.registrationURL))
        #expect(registration.secretExpiry == Timestamp(secondsSinceEpoch: 1_795_086_400))
    }

    @Test("The method is Basic, then form, then none; none only where S256 is checked")
    func methods() async throws {
        let rows: [(offered: JSONValue, challenges: JSONValue, method: String?)] = [
            (["client_secret_post", "client_secret_basic"], .null, "client_secret_basic"),
            (["none", "client_secret_post"], .null, "client_secret_post"),
            (["none"], ["S256"], "none"), (["none"], ["plain"], nil), (["none"], .null, nil),
            (["tls_client_auth"], ["S256"], nil),
        ]
        for row in rows {
            let provider = try ScriptedProvider {
                $0["token_endpoint_auth_methods_supported"] = row.offered
                $0["code_challenge_methods_supported"] = row.challenges
            }
            var answer = Self.answer
            answer["token_endpoint_auth_method"] = row.method.map(JSONValue.string)
            provider.transport.on(ScriptedProvider.registrationURL, ScriptedTransport.json(answer, status: 201))
            guard let method = row.method else {
                #expect(try await error { try await register(provider) }.code == .misconfigured)
                continue
            }
            let registration = try await register(provider)
            #expect(registration.authenticationMethod.rawValue == method)
            #expect((registration.clientSecret == nil) == (method == "none"))
            let request = try #require(provider.transport.requests(to: ScriptedProvider.registrationURL).first)
            #expect(try JSONParser.parseObject(request.body)["token_endpoint_auth_method"]?.stringValue == method)
        }
    }

    @Test("A provider without registration, a refusal, and an unreadable answer are failures")
    func refusals() async throws {
        let without = try ScriptedProvider { $0["registration_endpoint"] = nil }
        #expect(try await error { try await register(without) }.code == .misconfigured)
        var noSecret = Self.answer
        noSecret["client_secret"] = nil
        var otherMethod = Self.answer
        otherMethod["token_endpoint_auth_method"] = "tls_client_auth"
        let rows: [(ScriptedTransport.Answer, UpstreamError.Code)] = [
            (ScriptedTransport.status(401), .invalidClient),
            (ScriptedTransport.json(["error": "invalid_token"], status: 403), .invalidClient),
            (ScriptedTransport.json(["error": "invalid_redirect_uri"], status: 400), .misconfigured),
            (ScriptedTransport.status(503), .temporarilyUnavailable(retryAfter: nil)),
            (ScriptedTransport.json([:], status: 201), .invalidResponse),
            (ScriptedTransport.json(noSecret, status: 201), .invalidResponse),
            (ScriptedTransport.json(otherMethod, status: 201), .invalidResponse),
            (ScriptedTransport.status(302), .invalidResponse),
        ]
        for (answer, code) in rows {
            let provider = try ScriptedProvider()
            provider.transport.on(ScriptedProvider.registrationURL, answer)
            let error = try await error { try await register(provider) }
            #expect(error.code == code)
            #expect(!"\(error)".contains("iat-1"))
        }
    }
}
