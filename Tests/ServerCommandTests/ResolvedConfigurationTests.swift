import OAuthProtocol
import ServerConfiguration
import Testing
import UpstreamIdentity

@testable import GatehouseHosting

/// What is served is what the file says: reading the secrets changes secrets, and nothing else.
@Suite("A configuration whose secrets were read")
struct ResolvedConfigurationTests {
    private static let yaml = """
        issuer: https://auth.example
        identity: corp
        scopes: [openid, {name: "mcp:read", description: Read your notes}]
        upstreams:
          - {name: corp, type: oidc, issuer: "https://corp.example", client_id: a, client_secret: {env: SECRET}}
          - {name: files, login: optional, type: oidc, issuer: "https://files.example", client_id: b, client_secret: {env: SECRET}}
          - {name: mail, optional: true, type: oidc, issuer: "https://mail.example", client_id: c, client_secret: {env: SECRET}}
          - {name: code, login: on_demand, type: oidc, issuer: "https://code.example", client_id: d, client_secret: {env: SECRET}}
          - {name: tracker, login: on_demand, type: mcp, url: "https://tracker.example/mcp"}
          - {name: weather, type: static, fields: [{name: key}]}
          - {name: wiki, type: chained, from: corp, issuer: "https://wiki.example", resource: "https://mcp.wiki.example/mcp",
             client_id: e, client_secret: {env: SECRET}}
        resources:
          - {uri: "https://mcp.example/mcp", upstreams: [corp, files, mail, code, tracker, weather, wiki]}
        """

    private static func loaded() throws(ConfigurationErrors) -> ConfigurationLoader.Loaded {
        try ConfigurationLoader(environment: ["SECRET": "the-secret-of-a-client-0123456789"]).loadAll(text: yaml)
    }

    @Test("each upstream is asked for when the file says, also in what a server is started with")
    func logins() throws {
        let loaded = try Self.loaded()
        let expected: [LoginNeed] = [
            .required, .optional, .optional, .onDemand, .onDemand, .onDemand, .onDemand,
        ]
        for configuration in [loaded.unresolved, loaded.configuration] {
            #expect(configuration.upstreams.map(\.login) == expected)
        }
    }

    @Test("with the places of its secrets put back it is the decoded one, whatever its keys are")
    func onlySecrets() throws {
        let loaded = try Self.loaded()
        var restored = loaded.configuration
        restored.replaceSecrets { _, _, _ in .environment("SECRET") }
        #expect(restored == loaded.unresolved)
        #expect(restored != loaded.configuration)
    }

    @Test("optional: false makes an optional upstream required, and leaves one on demand as it is")
    func spellings() {
        var upstream = Configuration.Upstream(name: "corp", preset: .oidc, clientID: "a")
        upstream.login = .onDemand
        upstream.isOptional = false
        #expect(upstream.login == .onDemand && !upstream.isOptional)
        upstream.isOptional = true
        #expect(upstream.login == .optional)
        upstream.isOptional = false
        #expect(upstream.login == .required)
    }
}
