import OAuthProtocol
import ServerConfiguration
import Testing

@testable import GatehouseHosting
@testable import ServerCommand

@Suite("The keys allow and allow_scopes")
struct AccessRuleKeyTests {
    private static func yaml(_ upstream: String = "", _ resource: String = "", _ client: String = "") -> String {
        """
        issuer: https://a.example
        scopes: [mcp:read, mcp:write]
        upstreams:
          - {name: o, type: oidc, issuer: 'https://i.example', client_id: x, client_secret: {env: S}\(upstream)}
        resources:
          - {uri: 'https://r.example'\(resource)}
        clients:
          - {client_id: c, redirect_uris: ['https://c.example/cb']\(client)}
        """
    }

    @Test("are read, for upstreams, resources, scopes and clients")
    func read() throws {
        let text = Self.yaml(
            ", allow: {email_domain: [corp.example, lab.example]}",
            ", allow: {any: [{groups: staff}, {org: 'corp/*'}]}, allow_scopes: {'mcp:write': {groups: admins}}",
            ", allow: {groups: testers}"
        )
        let configuration = try Configuration(decoding: try YAMLConfiguration.parse(text))
        let lab: JSONObject = ["email_domain": "lab.example", "groups": ["testers"], "org": "corp/lab"]
        let upstream = try #require(configuration.upstreams.first?.access)
        let resource = try #require(configuration.resources.first)
        let client = try #require(configuration.clients.first?.access)
        #expect(upstream.accepts(lab) && client.accepts(lab) && resource.access?.accepts(lab) == true)
        #expect(resource.scopeAccess["mcp:write"]?.verdict(on: lab) == .refused)
        #expect(upstream.verdict(on: [:]) == .unknown)
    }

    @Test("are refused where they mean nothing", arguments: refused)
    func refusal(refusal: Refusal) {
        #expect(refusals(refusal.yaml) == [refusal.line])
    }

    private static let refused = [
        Refusal(yaml(", allow: {}"), "upstreams[0].allow: must be a map of claims and values (line 4)"),
        Refusal(
            yaml("", ", allow_scopes: {'mcp:wirte': {groups: a}}"),
            "resources[0].allow_scopes.mcp:wirte: mcp:wirte is not one of this resource's scopes (line 6)"
        ),
        Refusal(
            yaml("", ", allow_scopes: {'mcp:write': {groups: []}}"),
            "\(path).groups: must name at least one value (line 6)"
        ),
    ]

    @Test("a fleet has whole labels as stars, and nothing that concerns one address")
    func fleet() {
        #expect(refusals(Self.fleet("https://*.mcp.example.com/mcp", "")).isEmpty)
        #expect(
            refusals(Self.fleet("https://*.com/mcp", "")) == [
                """
                resources[0].uri: must be https, with stars as whole labels at the beginning of the host, before two labels \
                or more (line 3)
                """
            ]
        )
        #expect(
            refusals(Self.fleet("https://*.mcp.example.com/mcp", ", aliases: ['https://a.example']"))
                == ["resources[0].aliases: is not for a fleet (line 3)"]
        )
        #expect(
            refusals(Self.fleet("https://mcp.example.com/mcp", ", aliases: ['https://*.a.example']"))
                == ["resources[0].aliases[0]: must not have a star in its host (line 3)"]
        )
    }

    private static func fleet(_ uri: String, _ rest: String) -> String {
        "issuer: https://a.example\nresources:\n  - {uri: '\(uri)'\(rest)}"
    }

    private static let path = "resources[0].allow_scopes.mcp:write"
}
