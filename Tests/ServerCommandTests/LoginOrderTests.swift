import OAuthProtocol
import ServerConfiguration
import Testing

@testable import GatehouseHosting
@testable import ServerCommand

@Suite("Keys that decide when a login visits an upstream")
struct LoginOrderTests {
    private static let start = """
        issuer: https://a.example
        upstreams:
          - {name: corp, type: oidc, issuer: https://i.example, client_id: x, client_secret: {env: S}}
          - {name: git, preset: github, client_id: y, client_secret: {env: S}, KEY}

        """

    private static func yaml(_ key: String, _ rest: String) -> String {
        start.replacing("KEY", with: key) + rest
    }

    @Test(
        "are read",
        arguments: [
            ("login: on_demand", LoginNeed.onDemand), ("login: optional", .optional), ("optional: true", .optional),
            ("optional: false", .required), ("login: required", .required),
        ]
    )
    func login(key: String, need: LoginNeed) throws {
        let yaml = Self.yaml(key, "resources: [{uri: https://m.example/, upstreams: [corp, git]}]")
        let configuration = try Configuration(decoding: try YAMLConfiguration.parse(yaml))
        #expect(configuration.upstreams[1].login == need)
    }

    @Test("of a resource are read")
    func resource() throws {
        let yaml = Self.yaml(
            "login: required",
            """
            identity: corp
            resources:
              - {uri: https://m.example/, upstreams: [git], login: {git: on_demand}}
              - {uri: https://n.example/, upstreams: [git], identity: git}
            """
        )
        let configuration = try Configuration(decoding: try YAMLConfiguration.parse(yaml))
        #expect(configuration.identity == "corp")
        #expect(configuration.resources[0].logins == ["git": .onDemand])
        #expect(configuration.resources[1].identity == "git")
    }

    @Test("are refused where no login could identify the user", arguments: refused)
    func refusal(refusal: Refusal) {
        #expect(refusals(refusal.yaml) == [refusal.line])
    }

    private static let refused = [
        Refusal(
            yaml("login: on_demand", "resources: [{uri: https://m.example/, upstreams: [git]}]"),
            """
            resources[0].identity: is required; no login visits any of its upstreams, so name the one that users log in \
            with (line 5)
            """
        ),
        Refusal(
            yaml("login: on_demand, optional: true", ""),
            "upstreams[1].login: must not be used together with optional (line 4)"
        ),
        Refusal(
            yaml("login: sometimes", ""),
            "upstreams[1].login: sometimes is not one of required, optional, on_demand (line 4)"
        ),
        Refusal(
            yaml(
                "login: required",
                "resources: [{uri: https://m.example/, upstreams: [git], login: {corp: optional}}]"
            ),
            "resources[0].login.corp: corp is not one of this resource's upstreams (line 5)"
        ),
        Refusal(
            yaml("login: required", "identity: gti"),
            "identity: gti is not a configured upstream; did you mean git? (line 5)"
        ),
        Refusal(
            yaml("identity: none", "identity: git\nresources: [{uri: https://m.example/, upstreams: [corp]}]"),
            "resources[0]: identity: git has identity: none and cannot tell who the user is (line 6)"
        ),
    ]
}
