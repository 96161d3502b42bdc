import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import Testing

@testable import UpstreamIdentity

@Suite("RFC 6749 §2.3, RFC 7523 §2.2: how we authenticate at a provider")
struct ClientAuthenticationTests {
    private func request(
        document adjustDocument: (inout JSONObject) -> Void = { _ in },
        _ adjust: (inout UpstreamConfiguration) -> Void
    ) async throws -> OutboundRequest {
        let provider = try ScriptedProvider(adjustDocument)
        provider.transport.on(ScriptedProvider.tokenURL, ScriptedTransport.json(["access_token": "at"]))
        _ = try await provider.client(adjust).refresh(refreshToken: "rt")
        return try #require(provider.transport.requests(to: ScriptedProvider.tokenURL).first)
    }

    @Test("Without the operator's choice a method of the metadata is used")
    func automatic() async throws {
        let post = try await request(document: { $0["token_endpoint_auth_methods_supported"] = ["client_secret_post"] })
        { _ in }
        #expect(try post.form.single("client_secret") == "s3cret/+")
        #expect(post.field("Authorization") == nil)
        let silent = try await request(document: { $0["token_endpoint_auth_methods_supported"] = nil }) { _ in }
        #expect(silent.field("Authorization")?.hasPrefix("Basic ") == true)
        #expect(try silent.form.single("client_secret") == nil)
        let error = try await error {
            try await request(document: { $0["token_endpoint_auth_methods_supported"] = ["tls_client_auth"] }) { _ in }
        }
        #expect(error.code == .misconfigured)
    }

    @Test("A public client sends its id and no credential")
    func publicClient() async throws {
        let request = try await request {
            $0.clientSecret = nil
            $0.clientAuthentication = .none
        }
        #expect(request.field("Authorization") == nil)
        #expect(try request.form.single("client_id") == ScriptedProvider.clientID)
        #expect(try request.form.single("client_secret") == nil)
    }

    @Test(
        "An assertion is signed, short-lived, never the same, and for this provider alone (D-41)",
        arguments: [UpstreamBehaviour.AssertionAudience.issuer, .tokenEndpoint]
    )
    func assertion(audience: UpstreamBehaviour.AssertionAudience) async throws {
        let key = try TestKeys.key(.es256, "ours")
        let provider = try ScriptedProvider()
        provider.transport.on(ScriptedProvider.tokenURL, ScriptedTransport.json(["access_token": "at"]))
        let client = try provider.client {
            $0.clientAuthentication = .privateKeyJWT(key)
            $0.clientSecret = nil
            $0.behaviour.assertionAudience = audience
        }
        _ = try await client.refresh(refreshToken: "rt")
        _ = try await client.refresh(refreshToken: "rt")
        var identifiers: Set<String> = []
        for request in provider.transport.requests(to: ScriptedProvider.tokenURL) {
            let form = try request.form
            #expect(
                try form.single("client_assertion_type") == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            )
            #expect(try form.single("client_secret") == nil)
            let claims = try JSONWebToken.verified(
                #require(try form.single("client_assertion")),
                keys: JSONWebKeySet(keys: [key.jsonWebKey]),
                algorithms: [.es256],
                types: ["jwt"]
            )
            #expect(claims["iss"]?.stringValue == ScriptedProvider.clientID)
            #expect(claims["sub"]?.stringValue == ScriptedProvider.clientID)
            #expect(
                claims["aud"]?.stringValue
                    == (audience == .issuer ? ScriptedProvider.issuer : ScriptedProvider.tokenURL)
            )
            let now = Int(provider.time.now().secondsSinceEpoch)
            #expect(claims["iat"] == .integer(now) && claims["exp"] == .integer(now + 60))
            identifiers.insert(try #require(claims["jti"]?.stringValue))
        }
        #expect(identifiers.count == 2)
    }

    @Test("A method without its secret stops the start")
    func missingSecret() async throws {
        for method in [UpstreamClientAuthentication.basic, .post] {
            let provider = try ScriptedProvider()
            let error = try await error {
                try provider.client {
                    $0.clientSecret = nil
                    $0.clientAuthentication = method
                }
            }
            #expect(error.code == .misconfigured)
        }
    }

    @Test("Secrets do not print")
    func redaction() throws {
        let configuration = try ScriptedProvider.configuration()
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!dumped.contains("s3cret") && !"\(configuration)".contains("s3cret"))
    }
}
