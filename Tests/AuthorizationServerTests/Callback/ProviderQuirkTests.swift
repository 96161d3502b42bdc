import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OpenSSLCrypto
import ServerConfiguration
import Testing
import UpstreamIdentity

@Suite("P-15, P-16: what real providers do, as faults of the scripted one, through the whole server")
struct ProviderQuirkTests {
    @Test("P-15: a provider that signs in another way logs in", arguments: [SignatureAlgorithm.es384, .rs512, .ps384])
    func algorithms(algorithm: SignatureAlgorithm) async throws {
        var provider = DevelopmentIdentityProvider.Configuration()
        provider.signingAlgorithm = algorithm
        try await BrowserScene.run(provider: provider) { (scene) async throws in
            #expect(try await scene.authorize()["code"] != nil)
        }
    }

    @Test("P-15: id_token_algorithms narrows what is accepted")
    func narrowed() async throws {
        try await BrowserScene.run(configure: { $0.upstreams[0].verification.idTokenAlgorithms = [.rs256] }) {
            (scene) async throws in
            #expect(try await scene.authorize()["error"] == "server_error")
        }
    }

    @Test(
        "P-15: a clock that is 90 s ahead logs in with clock_skew, which is warned about at the start, and not without"
    )
    func clock() async throws {
        for skew in [nil, Duration.seconds(120)] {
            try await BrowserScene.run(configure: { $0.upstreams[0].verification.clockSkew = skew }) { scene in
                scene.server.provider.script(.idTokenClock(seconds: 90), on: .token)
                let answer = try await scene.authorize()
                #expect((answer["code"] != nil) == (skew != nil))
                let warnings = scene.server.log.all.filter { $0.contains("permits what may not be intended") }
                #expect(warnings.count == (skew == nil ? 0 : 1))
                #expect(warnings.allSatisfy { $0.contains("clock_skew") && $0.contains("corp") })
            }
        }
    }

    @Test(
        "P-15, P-16: large tokens and unused endpoints are no obstacle",
        arguments: [
            (Fault.manyGroups(), EndpointName.token), (.emptyRevocationEndpoint, .discovery),
            (.relativeUserInfoEndpoint, .discovery),
        ]
    )
    func obstacles(fault: Fault, endpoint: EndpointName) async throws {
        try await BrowserScene.run { (scene) async throws in
            scene.server.provider.script(fault, on: endpoint)
            #expect(try await scene.authorize()["code"] != nil)
        }
    }

    @Test("P-16: a key set that has moved within its host is found")
    func movedKeys() async throws {
        try await BrowserScene.run { (scene) async throws in
            let url = scene.server.provider.url(of: .keySet)
            scene.server.provider.script(.moved(to: url + "?moved"), on: .keySet)
            #expect(try await scene.authorize()["code"] != nil)
            #expect(scene.server.provider.requestCount(on: .keySet) == 2)
        }
    }

    @Test("P-16: discovery_url, jwks_uri and issuer_in_tokens name what the issuer does not say")
    func namedDocuments() async throws {
        func configure(_ configuration: inout Configuration) {
            let issuer = configuration.upstreams[0].issuer ?? ""
            configuration.upstreams[0].verification.discoveryURL = issuer + "/.well-known/openid-configuration"
            configuration.upstreams[0].verification.keySetURL = issuer + "/jwks"
            configuration.upstreams[0].verification.issuersInTokens = ["https://tokens.example"]
        }
        try await BrowserScene.run(configure: configure) { (scene) async throws in
            scene.server.provider.script(.replace("jwks_uri", "/nowhere"), on: .discovery)
            scene.server.provider.script(.wrongIssuer("https://tokens.example"), on: .token)
            #expect(try await scene.authorize()["code"] != nil)
            scene.server.provider.script(.wrongIssuer("https://others.example"), on: .token)
            #expect(try await scene.authorize()["error"] == "server_error")
        }
    }
}
