import OAuthProtocol
import ServerConfiguration
import Testing
import UpstreamIdentity

@testable import GatehouseHosting
@testable import ServerCommand

@Suite("The keys of type: client_credentials and type: github_installation")
struct MachineConnectionKeyTests {
    private static func yaml(_ keys: String, rest: String = "") -> String {
        """
        issuer: https://a.example
        scopes: [openid, read]
        upstreams:
          - {name: corp, preset: google, client_id: x, client_secret: {env: S}}
          - {name: robot, \(keys)}
        """ + rest
    }

    private static let partner = "type: client_credentials, client_id: y"
    private static let secret = "client_secret: {env: T}"
    private static let hub = "type: github_installation, client_id: y, private_key: {env: K}"

    @Test("are read; no login visits them, and no user is identified by them")
    func read() throws {
        let keys = [
            Self.partner, Self.secret, "issuer: 'https://as.example'", "audience: api", "scopes: [a]",
            "resource: 'https://api.example/v1'", "required_scopes: [read]", "allow: {email_domain: corp.example}",
        ]
        let yaml = Self.yaml(keys.joined(separator: ", "))
        let configuration = try Configuration(decoding: try YAMLConfiguration.parse(yaml))
        let upstream = try #require(configuration.upstreams.last)
        let client = MachineClient(issuer: "https://as.example", resource: "https://api.example/v1", audience: "api")
        #expect(upstream.machineConnection == .client(client) && upstream.login == .onDemand)
        #expect(upstream.isMachine && !upstream.identifiesUsers && upstream.apiResource == "https://api.example/v1")
        #expect(upstream.machine.requiredScopes == ["read"] && upstream.access != nil)
    }

    @Test("of an installation are read")
    func readInstallation() throws {
        let keys = [
            Self.hub, "installation: 4711", "repositories: [Hello-World]", "permissions: {contents: read}",
            "api_base_url: 'https://hub.example/api/v3'",
        ]
        let yaml = Self.yaml(keys.joined(separator: ", "))
        let configuration = try Configuration(decoding: try YAMLConfiguration.parse(yaml))
        let upstream = try #require(configuration.upstreams.last)
        let installation = GitHubInstallation(
            api: "https://hub.example/api/v3",
            id: "4711",
            repositories: ["Hello-World"],
            permissions: [UpstreamParameter(name: "contents", value: "read")]
        )
        #expect(upstream.machineConnection == .installation(installation))
        #expect(upstream.tokenEndpointAuthMethod == .privateKeyJWT && upstream.login == .onDemand)
    }

    @Test("are refused where they mean nothing, or say too little", arguments: refused)
    func refusal(refusal: Refusal) {
        #expect(refusals(refusal.yaml) == [refusal.line])
    }

    private static let refused = [
        Refusal(
            yaml("\(partner), \(secret)"),
            "upstreams[1].issuer: is required; without token_endpoint it says where tokens are asked for (line 5)"
        ),
        Refusal(
            yaml("type: client_credentials, issuer: 'https://as.example', \(secret)"),
            "upstreams[1].client_id: is required (line 5)"
        ),
        Refusal(
            yaml("\(partner), issuer: 'https://as.example', token_endpoint_auth_method: none"),
            "upstreams[1].token_endpoint_auth_method: must not be none: only a client that authenticates gets tokens (line 5)"
        ),
        Refusal(
            yaml("\(partner), \(secret), issuer: 'https://as.example', login: required"),
            "upstreams[1].login: must be on_demand; no login visits a type: client_credentials (line 5)"
        ),
        Refusal(
            yaml("\(partner), \(secret), issuer: 'https://as.example', pkce: off"),
            "upstreams[1].pkce: is not for type: client_credentials, which no user visits (line 5)"
        ),
        Refusal(
            yaml("\(partner), \(secret), issuer: 'https://as.example', installation: 7"),
            "upstreams[1].installation: is not for type: client_credentials, which no user visits (line 5)"
        ),
        Refusal(
            yaml("\(partner), \(secret), issuer: 'https://as.example', from: corp"),
            "upstreams[1].from: is not for type: client_credentials, which no user visits (line 5)"
        ),
        Refusal(
            yaml("\(partner), \(secret), issuer: 'https://as.example', required_scopes: [write]"),
            "upstreams[1].required_scopes: write is not one of the server's scopes (line 5)"
        ),
        Refusal(yaml(hub), "upstreams[1].installation: is required (line 5)"),
        Refusal(
            yaml("\(hub), installation: mine"),
            "upstreams[1].installation: must be a number (line 5)"
        ),
        Refusal(
            yaml("\(hub), installation: 7, scopes: [repo]"),
            "upstreams[1].scopes: is not for type: github_installation, which no user visits (line 5)"
        ),
        Refusal(
            yaml("\(hub), installation: 7, repositories: [octocat/Hello-World]"),
            """
            upstreams[1].repositories[0]: octocat/Hello-World is not the name of a repository, which has no owner and no \
            slash (line 5)
            """
        ),
        Refusal(
            yaml("preset: github, client_id: y, \(secret), installation: 7"),
            "upstreams[1].installation: is only for type: github_installation (line 5)"
        ),
        Refusal(
            yaml("preset: github, client_id: y, \(secret), required_scopes: [read]"),
            """
            upstreams[1].required_scopes: is only for type: client_credentials and type: github_installation (line 5)
            """
        ),
        Refusal(
            yaml("preset: github, client_id: y, \(secret), audience: api"),
            "upstreams[1].audience: is only for type: client_credentials and type: chained (line 5)"
        ),
        Refusal(
            yaml(
                "\(partner), \(secret), issuer: 'https://as.example'",
                rest: "\nresources:\n  - {uri: https://r.example, upstreams: [robot], identity: robot}"
            ),
            "resources[0].identity: robot is of type: client_credentials and cannot tell who the user is (line 7)"
        ),
    ]
}
