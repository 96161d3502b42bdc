import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration
import Testing
import UpstreamIdentity

@Suite("RFC 6749 §2.3, RFC 7523 §2.2: how the configuration proves the server at an upstream")
struct UpstreamAuthenticationTests {
    private static func provider(_ proof: DevelopmentClient.Authentication) -> DevelopmentIdentityProvider.Configuration
    {
        .init(clients: .registered([DevelopmentClient(id: "gatehouse", authentication: proof)]))
    }

    private static func keySet(_ key: PrivateKey, _ algorithm: SignatureAlgorithm, _ name: String) -> JSONWebKeySet {
        JSONWebKeySet(keys: [JSONWebKey(publicKey: key.publicKey, keyID: name, algorithm: algorithm)])
    }

    private static func usesKey(_ upstream: inout Configuration.Upstream, _ key: PrivateKey) throws {
        upstream.clientSecret = nil
        upstream.tokenEndpointAuthMethod = .privateKeyJWT
        upstream.privateKey = .value(SecretValue(try key.pem))
        upstream.privateKeyID = "our-key"
    }

    @Test(
        "private_key_jwt: logins, refreshes and revocations are signed, and no secret is sent",
        arguments: [SignatureAlgorithm.es256, .edDSA, .rs256, .ps256]
    )
    func privateKey(algorithm: SignatureAlgorithm) async throws {
        let key = try ReadyKeys().key(algorithm == .ps256 ? .rs256 : algorithm)
        let provider = Self.provider(.privateKey(Self.keySet(key, algorithm, "our-key")))
        try await TestServer.run(
            provider: provider,
            configure: {
                try Self.usesKey(&$0.upstreams[0], key)
                $0.upstreams[0].privateKeyAlgorithm = algorithm
                $0.tokens.accessTokenLifetime = .seconds(86_400)
            }
        ) { server in
            let (client, tokens) = try await server.loggedIn()
            server.clock.advance(by: .seconds(2 * 3600))
            let answer = try await client.exchange(tokens.accessToken)
            #expect(answer.status == 200 && answer.json["refreshed"] == true)
            let requests = server.provider.capturedRequests(on: .token)
            #expect(requests.count == 2)
            for request in requests {
                let assertion = try DecodedToken(try #require(request.parameter("client_assertion")))
                #expect(assertion.header["kid"] == "our-key" && assertion.header["alg"] == .string(algorithm.rawValue))
                #expect(assertion.claims["iss"] == "gatehouse" && assertion.claims["sub"] == "gatehouse")
                #expect(request.parameter("client_secret") == nil && request.field("Authorization") == nil)
            }
            #expect(Set(requests.compactMap { $0.parameter("client_assertion") }).count == 2)
        }
    }

    @Test("a key that the provider does not know is refused there, and nothing is stored")
    func unknownKey() async throws {
        let known = try PrivateKey.generate(.es256)
        try await BrowserScene.run(
            provider: Self.provider(.privateKey(Self.keySet(known, .es256, "our-key"))),
            configure: { try Self.usesKey(&$0.upstreams[0], try PrivateKey.generate(.es256)) }
        ) { scene in
            #expect(try await scene.authorize()["error"] == "server_error")
            try await scene.expectNothingStored()
        }
    }

    @Test(
        "client_secret_basic and client_secret_post are sent as configured, and the other way is refused",
        arguments: [true, false]
    )
    func secret(isBasic: Bool) async throws {
        let secret = "upstream-secret-for-tests"
        for configured in [TokenEndpointAuthenticationMethod.clientSecretBasic, .clientSecretPost] {
            try await BrowserScene.run(
                provider: Self.provider(isBasic ? .secretBasic(secret) : .secretPost(secret)),
                configure: { $0.upstreams[0].tokenEndpointAuthMethod = configured }
            ) { scene in
                let answer = try await scene.authorize()
                let request = try #require(scene.server.provider.capturedRequests(on: .token).first)
                #expect((request.field("Authorization") != nil) == (configured == .clientSecretBasic))
                #expect((request.parameter("client_secret") != nil) == (configured == .clientSecretPost))
                if isBasic == (configured == .clientSecretBasic) {
                    #expect(answer["code"] != nil)
                } else {
                    #expect(answer["error"] == "server_error")
                    try await scene.expectNothingStored()
                }
            }
        }
    }

    @Test("a malformed key, and a key of another algorithm, stop the start with the upstream’s name")
    func unusableKey() async throws {
        for (pem, algorithm) in [
            ("no key at all", nil), (try PrivateKey.generate(.es256).pem, SignatureAlgorithm.edDSA),
        ] {
            let error = await #expect(throws: UpstreamError.self) {
                try await TestServer.run(configure: {
                    $0.upstreams[0].clientSecret = nil
                    $0.upstreams[0].tokenEndpointAuthMethod = .privateKeyJWT
                    $0.upstreams[0].privateKey = .value(SecretValue(pem))
                    $0.upstreams[0].privateKeyAlgorithm = algorithm
                }) { _ in }
            }
            #expect(error?.code == .misconfigured && error?.reason.contains("corp") == true)
        }
    }

    @Test("VR-8: another client id after a restart burns no refresh token")
    func changedClient() async throws {
        try await RestartScene.run { scene in
            var token = ""
            try await scene.serve({ _ in }) { server in
                token = try await scene.tokens(try await .registered(at: server), at: server).accessToken
            }
            scene.clock.advance(by: .seconds(2 * 3600))
            try await scene.serve({ $0.clientID = "gatehouse-2" }) { server in
                let client = try await OAuthTestClient.registered(at: server)
                for _ in 0..<2 {
                    let answer = try await client.exchange(token)
                    #expect(answer.isError(400, "interaction_required"))
                    #expect(answer["reason"] == "reauth_required" && answer["connect_uri"] != nil)
                }
                let connection = try #require(
                    await server.server.stores.vault.connections(after: nil, limit: 100).first
                )
                #expect(connection.status == .reauthorizationRequired && connection.reason == "upstream_client_changed")
                #expect(scene.refreshes.isEmpty)
                #expect(await scene.provider.grantReports().allSatisfy { $0.revocation == nil })
                #expect(try await scene.tokens(client, at: server).status == 200)
                #expect(try await client.exchange(token).status == 200)
            }
        }
    }
}
