import ServerConfiguration
import Testing

@testable import ServerCommand

@Suite("allow by GitHub organisation and team")
struct OrganizationRuleKeyTests {
    private static func yaml(_ keys: String, preset: String = "github") -> String {
        """
        issuer: https://a.example
        upstreams:
          - {name: g, preset: \(preset), client_id: x, client_secret: {env: S}, \(keys)}
        """
    }

    private static let scopes = "scopes: ['read:user', 'read:org'], "

    @Test("is read; permissions of a GitHub App are no scopes, and other providers have claims of these names")
    func read() throws {
        for (preset, keys) in [
            ("github", Self.scopes + "allow: {any: [{organization: [acme, beta]}, {team: acme/platform}]}"),
            ("github-app", "allow: {organization: acme}"), ("google", "allow: {organization: 'acme*', team: x}"),
        ] {
            let yaml = Self.yaml(keys, preset: preset)
            let rule = try Configuration(decoding: try YAMLConfiguration.parse(yaml)).upstreams.first?.access
            #expect(rule?.texts(of: "organization").isEmpty == false, "\(preset)")
        }
    }

    @Test("is refused where it cannot be looked up", arguments: refused)
    func refusal(refusal: Refusal) {
        #expect(refusals(refusal.yaml) == [refusal.line])
    }

    private static let refused = [
        Refusal(
            yaml("allow: {organization: acme}"),
            "upstreams[0].allow: organization and team need the scope read:org (line 3)"
        ),
        Refusal(
            yaml(scopes + "allow: {organization: 'acme*'}"),
            "upstreams[0].allow: acme* is not the name of an organisation; patterns cannot be looked up (line 3)"
        ),
        Refusal(
            yaml(scopes + "allow: {team: platform}"),
            "upstreams[0].allow: platform is not a team, which is written organisation/team (line 3)"
        ),
        Refusal(
            yaml(scopes + "allow: {organization: [\((0...16).map { "a\($0)" }.joined(separator: ", "))]}"),
            "upstreams[0].allow: names more than 16 organisations and teams (line 3)"
        ),
    ]
}
