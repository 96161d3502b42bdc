import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import Foundation
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing

@Suite("RFC 8707: a fleet of MCP servers under one entry of resources")
struct FleetTests {
    private static let fleet = "https://*.mcp.example.com/mcp"
    private static let member = "https://team-a.mcp.example.com/mcp"
    private static let other = "https://team-b.mcp.example.com/mcp"

    private static func run(_ body: (BrowserScene) async throws -> Void) async throws {
        try await BrowserScene.run(configure: { $0.resources[0].uri = fleet }) { scene in
            var scene = scene
            scene.client.resource = member
            scene.client.scope = "mcp:read offline_access"
            try await body(scene)
        }
    }

    @Test("the token is for the requested member alone, through refresh, introspection and retrieval")
    func wholeWay() async throws {
        try await Self.run { scene in
            let answer = try await scene.client.authorize(with: scene.browser, at: scene.server)
            let tokens = try await scene.client.redeem(try #require(answer["code"], "\(answer)"))
            let claims = try JSONWebToken.unverifiedClaims(of: CompactJWS(parsing: tokens.accessToken))
            #expect(claims["aud"] == .string(Self.member))
            let refreshToken = try #require(tokens["refresh_token"])
            let foreign = try await scene.client.refresh(refreshToken, [("resource", Self.other)])
            #expect(foreign.isError(400, "invalid_target"))
            let refreshed = try await scene.client.refresh(refreshToken, [("resource", Self.member)])
            #expect(refreshed.status == 200)
            let seen = try await scene.client.introspect(try refreshed.accessToken)
            #expect(seen.json["active"] == true && seen["aud"] == Self.member)
            #expect(try await scene.client.exchange(try refreshed.accessToken).status == 200)
        }
    }

    @Test(
        "an address that is no member's is no resource",
        arguments: [
            fleet, "https://mcp.example.com/mcp", "https://a.b.mcp.example.com/mcp", "https://team-a.mcp.example.com/",
            "https://team-a.mcp.example.com.evil.example/mcp", nil,
        ] as [String?]
    )
    func refused(resource: String?) async throws {
        try await Self.run { scene in
            let page = try await scene.browser.get(scene.client.authorizationURL(["resource": resource]))
            #expect(page.redirectParameters["error"] == "invalid_target")
        }
    }

    @Test("RFC 9728 §3.1: each member has its document, by Host or by the proxy's header; the fleet has none")
    func metadata() async throws {
        try await Self.run { scene in
            let path = "/.well-known/oauth-protected-resource/mcp"
            func get(_ host: String, _ extra: String = "") throws -> JSONObject {
                let text = "GET \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\(extra)\r\n"
                let parts = try RawExchange.run(text, at: scene.server.server.addresses[0])
                    .components(separatedBy: "\r\n\r\n")
                return try JSONParser.parseObject(Array((parts.count > 1 ? parts[1] : "").utf8))
            }
            #expect(try get("team-a.mcp.example.com")["resource"] == .string(Self.member))
            let named = try get("gateway.internal", "X-Gatehouse-Resource: \(Self.other)\r\n")
            #expect(named["resource"] == .string(Self.other))
            for (host, extra) in [
                ("a.b.mcp.example.com", ""), ("gateway.internal", ""),
                ("gateway.internal", "X-Gatehouse-Resource: \(Self.fleet)\r\n"),
            ] {
                let answer = try get(host, extra)
                #expect(answer["error"] == "not_found", "\(host) \(extra)")
            }
            let server = try await scene.client.send("GET", "/.well-known/oauth-authorization-server").json
            #expect(server["protected_resources"]?.stringArrayValue?.contains(Self.fleet) != true)
        }
    }

    @Test("D-37: the fleet's credentials are worth nothing for a resource that has an entry of its own")
    func takenOut() async throws {
        let address = "https://payroll.mcp.example.com/mcp"
        let owner = (id: "payroll-server", secret: "the payroll server's own secret")
        try await BrowserScene.run(configure: {
            $0.resources[0].uri = Self.fleet
            var payroll = Configuration.Resource(uri: address, scopes: ScopeSet(["mcp:read"]))
            payroll.upstreams = [TestServer.upstream]
            payroll.clientID = owner.id
            payroll.clientSecret = .value(SecretValue(owner.secret))
            $0.resources.append(payroll)
        }) { scene in
            var client = scene.client
            client.resource = address
            client.scope = "mcp:read"
            let answer = try await client.authorize(with: scene.browser, at: scene.server)
            let token = try await client.redeem(try #require(answer["code"], "\(answer)")).accessToken
            let claims = try JSONWebToken.unverifiedClaims(of: CompactJWS(parsing: token))
            #expect(claims["aud"] == .string(address))
            let seenByFleet = try await client.introspect(token)
            #expect(seenByFleet.status == 200 && seenByFleet.json == ["active": false])
            let retrievedByFleet = try await client.exchange(token)
            #expect(retrievedByFleet.isError(400, "invalid_target"))
            let seen = try await client.introspect(token, credentials: owner)
            #expect(seen.json["active"] == true)
            let retrieved = try await client.exchange(token, credentials: owner)
            #expect(retrieved.status == 200)
        }
    }

    @Test("rules of the fleet concern each member")
    func rules() async throws {
        try await BrowserScene.run(configure: {
            $0.resources[0].uri = Self.fleet
            $0.resources[0].access = .claim("groups", anyOf: [ValuePattern("owners")])
        }) { scene in
            var client = scene.client
            client.resource = Self.member
            let answer = try await client.authorize(with: scene.browser, at: scene.server)
            #expect(answer["error"] == "access_denied")
        }
    }
}
