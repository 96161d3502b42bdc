import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("OP-5: claims of identity providers in access tokens, as the operator maps them")
struct ClaimMappingTests {
    static func mapped(_ names: [String: String], _ claims: JSONObject) -> JSONObject {
        var mapped: JSONObject = [:]
        ClaimMapping(names.sorted { $0.key < $1.key }.map { .init(upstream: $0.key, name: $0.value) })
            .add(claims, to: &mapped)
        return mapped
    }

    @Test("OP-5: plain values are taken, under the name of ours, from nested objects too")
    func values() {
        let claims: JSONObject = [
            "groups": ["a", "b"], "level": 3, "admin": true, "realm_access": ["roles": ["x"]],
            "https://corp.example/team": "core",
        ]
        let names = [
            "groups": "groups", "level": "lvl", "admin": "admin", "realm_access.roles": "roles",
            "https://corp.example/team": "team",
        ]
        let expected: JSONObject = [
            "groups": ["a", "b"], "lvl": 3, "admin": true, "roles": ["x"], "team": "core",
        ]
        #expect(Self.mapped(names, claims) == expected)
    }

    @Test("OP-5: absent, null, deep and reserved claims are left out")
    func leftOut() {
        let claims: JSONObject = ["none": .null, "deep": ["a": ["b": 1]], "list": [["a"]], "groups": ["a"]]
        #expect(Self.mapped(["none": "a", "deep": "b", "list": "c", "absent": "d"], claims).isEmpty)
        for reserved in ["iss", "sub", "aud", "exp", "client_id", "scope", "tsid", "jti", "cnf", "act"] {
            #expect(Self.mapped(["groups": reserved], claims).isEmpty)
        }
    }

    @Test("JW-4: a claim that does not fit is left out whole; the first provider's claim is kept")
    func bounds() {
        let many = JSONValue.array((0..<1000).map { .string("group-\($0)") })
        let claims: JSONObject = ["groups": many, "roles": ["x"]]
        #expect(Self.mapped(["groups": "groups", "roles": "roles"], claims) == ["roles": ["x"]])
        var mapped: JSONObject = ["roles": ["first"]]
        ClaimMapping([.init(upstream: "roles", name: "roles")]).add(claims, to: &mapped)
        #expect(mapped == ["roles": ["first"]])
    }

    @Test("OP-5: groups travel from the login into every access token of the session, and into nothing else")
    func login() async throws {
        var provider = DevelopmentIdentityProvider.Configuration()
        var ada = DevelopmentUser.ada
        ada.additionalClaims = ["groups": ["staff", "ops"], "secret_claim": "x"]
        provider.users = [ada]
        let mapping: (inout Configuration) -> Void = {
            $0.upstreams[0].claims = [.init(upstream: "groups", name: "groups")]
        }
        try await TestServer.run(provider: provider, configure: mapping) { server in
            let client = try await OpenIDScene.client(at: server)
            let tokens = try await client.tokens(at: server)
            let refreshed = try await client.refresh(try #require(tokens["refresh_token"]))
            for answer in [tokens, refreshed] {
                let claims = try OpenIDScene.claims(ofAccessToken: try #require(answer["access_token"]))
                #expect(claims["groups"] == ["staff", "ops"])
                #expect(claims["secret_claim"] == nil)
                let id = try await OpenIDScene.claims(of: try #require(answer["id_token"]), at: server)
                #expect(id["groups"] == nil)
            }
        }
    }
}
