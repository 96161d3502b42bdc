import OAuthProtocol
import ServerConfiguration
import Testing
import UpstreamIdentity

@testable import GatehouseHosting
@testable import ServerCommand

@Suite("The keys of type: mcp")
struct ProtectedServerKeyTests {
    private static func yaml(_ keys: String) -> String {
        "issuer: https://a.example\nupstreams:\n  - {name: w, type: mcp, \(keys)}"
    }

    @Test("are read; without a client this server becomes one by itself")
    func read() throws {
        let keys =
            "url: 'https://mcp.w.example/mcp', resource: 'https://mcp.w.example/', scopes: [read], login: on_demand"
        let upstream = try #require(
            try Configuration(decoding: try YAMLConfiguration.parse(Self.yaml(keys))).upstreams.first
        )
        #expect(upstream.preset == .mcp && upstream.login == .onDemand && !upstream.identifiesUsers)
        #expect(upstream.server.url == "https://mcp.w.example/mcp")
        #expect(upstream.server.identifier == "https://mcp.w.example/")
        #expect(upstream.selfRegistration != nil && upstream.apiResource == "https://mcp.w.example/")
        let configured = "url: 'https://w.example', issuer: 'https://i.example', client_id: x, client_secret: {env: S}"
        let other = try #require(
            try Configuration(decoding: try YAMLConfiguration.parse(Self.yaml(configured))).upstreams.first
        )
        #expect(other.selfRegistration == nil && other.clientID == "x" && other.issuer == "https://i.example")
    }

    @Test("are refused where they mean nothing, or would send a secret where a document says", arguments: refused)
    func refusal(refusal: Refusal) {
        #expect(refusals(refusal.yaml) == [refusal.line])
    }

    private static let url = "url: 'https://w.example/mcp', "

    private static let refused = [
        Refusal(yaml("login: on_demand"), "upstreams[0].url: is required (line 3)"),
        Refusal(
            yaml(url + "client_id: x, client_secret: {env: S}"),
            "upstreams[0].issuer: is required; the credentials of client_id belong to one authorization server (line 3)"
        ),
        Refusal(yaml(url + "client_secret: {env: S}"), "upstreams[0].client_secret: needs client_id (line 3)"),
        Refusal(
            yaml(url + "registration: {initial_access_token: {env: S}}"),
            """
            upstreams[0].issuer: is required; registration.initial_access_token is for one authorization server (line 3)
            """
        ),
        Refusal(
            yaml(url + "registration: {endpoint: 'https://i.example/register'}"),
            "upstreams[0].registration.endpoint: is not for type: mcp, whose metadata says it (line 3)"
        ),
        Refusal(yaml(url + "pkce: off"), "upstreams[0].pkce: is not for type: mcp, whose metadata says it (line 3)"),
        Refusal(
            yaml(url + "required_claims: {hd: x}"),
            "upstreams[0].required_claims: is not for type: mcp, whose metadata says it (line 3)"
        ),
        Refusal(
            """
            issuer: https://a.example
            upstreams:
              - {name: o, type: oidc, issuer: https://i.example, client_id: x, client_secret: {env: S}, url: https://x.example}
            """,
            "upstreams[0].url: is only for type: mcp (line 3)"
        ),
        Refusal(
            """
            issuer: https://a.example
            upstreams:
              - {name: w, type: mcp, url: https://w.example}
            resources:
              - {uri: https://r.example, upstreams: [w], identity: w}
            """,
            "resources[0].identity: w is of type: mcp and cannot tell who the user is (line 5)"
        ),
    ]
}
