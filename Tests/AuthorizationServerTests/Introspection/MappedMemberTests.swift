import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("RFC 7662 §2.2: no mapped claim is a member of an introspection answer a second time")
struct MappedMemberTests {
    @Test(
        "S-11: a provider's claim cannot be mapped to a member that introspection sets",
        arguments: [
            "active", "token_type", "username", "scope", "client_id", "exp", "iat", "nbf", "sub", "aud", "iss", "jti",
        ]
    )
    func reserved(name: String) {
        #expect(AccessTokenClaims.reservedNames.contains(name))
    }

    @Test("S-11: a configuration that skips the check still yields one `active`, and it is ours")
    func once() async throws {
        var provider = DevelopmentIdentityProvider.Configuration()
        var ada = DevelopmentUser.ada
        ada.additionalClaims = ["active": false, "kind": "x", "groups": ["a"]]
        provider.users = [ada]
        let mapping: (inout Configuration) -> Void = {
            $0.upstreams[0].claims = [
                .init(upstream: "active", name: "active"), .init(upstream: "kind", name: "token_type"),
                .init(upstream: "groups", name: "groups"),
            ]
        }
        try await TestServer.run(provider: provider, configure: mapping) { server in
            let client = try await OAuthTestClient.registered(at: server)
            let access = try #require(try await client.tokens(at: server)["access_token"])
            // Our own parser refuses an object in which a name occurs twice.
            let answer = try await client.introspect(access)
            #expect(answer.json["active"] == true)
            #expect(answer["token_type"] == "Bearer")
            #expect(answer.json["groups"] == ["a"])
        }
    }
}
