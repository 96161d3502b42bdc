import OAuthProtocol
import ServerConfiguration
import Testing

@testable import ServerCommand

@Suite("Trusted issuers: keys that are read, and keys that stop the start")
struct TrustedIssuerRefusalTests {
    private static let base = """
        issuer: https://auth.example.com
        scopes: [read, write]
        resources:
          - {uri: "https://a.example/mcp", client_id: server-a, client_secret: {env: A}}
          - {uri: "https://b.example/mcp"}
        clients:
          - {client_id: gateway, client_secret: {env: G}, grant_types: [client_credentials], delegate: true, delegates_to: ["https://a.example/mcp"]}
          - {client_id: batch, client_secret: {env: B}, grant_types: [client_credentials]}
        trusted_issuers:

        """

    private static func lines(_ entries: String...) -> [String] {
        refusals(base + entries.map { "  - {\($0)}\n" }.joined())
    }

    private static let jag = "identity_assertions: {resources: ['https://a.example/mcp']}"
    private static let workload = "workloads: [{subject: s, client: ci, resources: ['https://a.example/mcp']}]"
    private static let subjects = "audiences: [api], subjects: {actors: [app], delegates: [gateway]}"

    @Test("JB-2: every key is read")
    func reads() throws {
        let configuration = try decode(
            Self.base + """
                  - issuer: https://login.corp.example
                    jwks_uri: https://10.0.0.7/keys
                    audiences: ["api://corp"]
                    allow_private_network: true
                    assertion_lifetime: 5m
                    identity_assertions:
                      {resources: ["https://a.example/mcp"], scopes: [read], clients: [gateway], public_clients: true,
                       subject: {tenant_claim: tid}}
                    workloads:
                      - subject: system:serviceaccount:ci:*
                        claims:
                          kubernetes.io.namespace: ci
                          any: [{tier: [gold, silver]}, {all: [{a: x}, {b: "y*"}]}]
                        client: ci
                        resources: ["https://b.example/mcp"]
                        scopes: [write]
                    subjects:
                      {actors: [app], actor_claim: cid, matcher: {groups: ops}, delegates: [gateway, server-a], may_act: true}
                """
        )
        let issuer = try #require(configuration.trustedIssuers.first)
        #expect(issuer.keySetURI == "https://10.0.0.7/keys" && issuer.allowsPrivateNetwork)
        #expect(issuer.assertionLifetimeMax == .seconds(300))
        #expect(
            issuer.identityAssertions?.tenantClaim == "tid" && issuer.identityAssertions?.acceptsPublicClients == true
        )
        #expect(
            issuer.identityAssertions?.clients == ["gateway"] && issuer.identityAssertions?.scopes == ScopeSet(["read"])
        )
        let workload = try #require(issuer.workloads.first)
        #expect(workload.client == "ci" && workload.scopes == ScopeSet(["write"]))
        #expect(
            workload.accepts([
                "sub": "system:serviceaccount:ci:x", "kubernetes.io": ["namespace": "ci"], "tier": "gold",
            ])
        )
        #expect(!workload.accepts(["sub": "system:serviceaccount:ci:x", "tier": "gold"]))
        #expect(!workload.accepts(["kubernetes.io": ["namespace": "ci"], "tier": "gold"]))
        #expect(issuer.subjects?.delegates == ["gateway", "server-a"] && issuer.subjects?.acceptsMayAct == true)
        #expect(configuration.clients[0].isDelegate && configuration.tokens.delegationLifetime == .seconds(900))
    }

    @Test(
        "JB-2: a mistake stops the start",
        arguments: [
            ("issuer: 'https://x.example'", "accepts nothing"), ("\(jag)", "issuer: is required"),
            ("issuer: 'https://auth.example.com', \(jag)", "this server's own issuer"),
            ("issuer: 'http://x.example', \(jag)", "must be https"),
            ("issuer: 'https://x.example', allow_private_network: true, \(jag)", "jwks_uri: is required"),
            ("issuer: 'https://x.example', audiences: [a], \(jag)", "only for workloads and subjects"),
            ("issuer: 'https://x.example', audiences: ['https://A.example/mcp'], \(workload)", "is a resource"),
            ("issuer: 'https://x.example', audiences: [], \(workload)", "at least one audience"),
            ("issuer: 'https://x.example', identity_assertions: {}", "resources: is required"),
            (
                "issuer: 'https://x.example', identity_assertions: {resources: ['https://c.example/mcp']}",
                "not a configured resource"
            ),
            (
                "issuer: 'https://x.example', identity_assertions: {resources: ['https://a.example/mcp'], scopes: [admin]}",
                "not one of the server's scopes"
            ),
            (
                "issuer: 'https://x.example', workloads: [{client: ci, resources: ['https://a.example/mcp']}]",
                "subject: is required"
            ),
            (
                "issuer: 'https://x.example', workloads: [{subject: s, resources: ['https://a.example/mcp']}]",
                "client: is required"
            ),
            ("issuer: 'https://x.example', workloads: [{subject: s, client: ci}]", "resources: is required"),
            (
                "issuer: 'https://x.example', workloads: [{subject: s, client: batch, resources: ['https://a.example/mcp']}]",
                "is a client's id"
            ),
            (
                "issuer: 'https://x.example', workloads: [{subject: s, client: dcr_x, resources: ['https://a.example/mcp']}]",
                "registers itself"
            ),
            (
                "issuer: 'https://x.example', workloads: [{claims: {}, client: ci, resources: ['https://a.example/mcp']}]",
                "must be a map of claims"
            ),
            (
                "issuer: 'https://x.example', workloads: [{claims: {any: []}, client: ci, resources: ['https://a.example/mcp']}]",
                "at least one rule"
            ),
            ("issuer: 'https://x.example', subjects: {actors: [app], delegates: [gateway]}", "audiences: is required"),
            ("issuer: 'https://x.example', audiences: [api], subjects: {actors: [app]}", "delegates: "),
            (
                "issuer: 'https://x.example', audiences: [api], subjects: {actors: [app], delegates: ['*', gateway]}",
                "must not be mixed"
            ),
            (
                "issuer: 'https://x.example', audiences: [api], subjects: {may_act: true, delegates: ['*']}",
                "together with may_act"
            ),
            (
                "issuer: 'https://x.example', audiences: [api], subjects: {delegates: [gateway]}",
                "needs actors, matcher or may_act"
            ),
            (
                "issuer: 'https://x.example', audiences: [api], subjects: {actors: [app], delegates: [batch]}",
                "neither a resource's"
            ),
            (
                "issuer: 'https://x.example', audiences: [api], subjects: {actor_claim: cid, may_act: true, delegates: [gateway]}",
                "needs actors"
            ),
        ]
    )
    func refusal(entry: String, expected: String) {
        let lines = Self.lines(entry)
        #expect(lines.contains { $0.contains(expected) }, "\(lines)")
    }

    @Test("JB-2: an issuer is configured once")
    func duplicates() {
        let entry = "issuer: 'https://x.example', \(Self.subjects)"
        #expect(Self.lines(entry).isEmpty)
        #expect(Self.lines(entry, entry).contains { $0.contains("is already the value of") })
    }

    @Test(
        "TX-2: who may delegate, and to which resources",
        arguments: [
            ("{uri: 'https://c.example/mcp', delegates_to: ['https://a.example/mcp']}", "", "needs client_id"),
            (
                "{uri: 'https://c.example/mcp', client_id: c, client_secret: {env: C}, delegates_to: ['https://d.example/mcp']}",
                "", "not a configured resource"
            ),
            (
                "{uri: 'https://c.example/mcp', client_id: c, client_secret: {env: C}, delegates_to: ['https://c.example/mcp']}",
                "", "this resource itself"
            ),
            (
                "", "{client_id: g, client_secret: {env: G}, grant_types: [client_credentials], delegate: true}",
                "delegates_to: is required"
            ),
            (
                "", "{client_id: g, redirect_uris: ['https://g.example/cb'], delegate: true, delegates_to: []}",
                "a client that authenticates"
            ),
            (
                "", "{client_id: g, client_secret: {env: G}, grant_types: [client_credentials], delegates_to: []}",
                "needs delegate: true"
            ),
        ]
    )
    func delegates(resource: String, client: String, expected: String) {
        let text = """
            issuer: https://auth.example.com
            resources: [{uri: 'https://a.example/mcp'}\(resource.isEmpty ? "" : ", " + resource)]
            clients: [\(client)]
            """
        let lines = refusals(text)
        #expect(lines.contains { $0.contains(expected) }, "\(lines)")
    }
}
