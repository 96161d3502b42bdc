import ServerConfiguration
import Testing

@testable import GatehouseHosting
@testable import ServerCommand

@Suite("delegates_to with fleets")
struct FleetDelegationKeyTests {
    private static func yaml(_ target: String) -> String {
        """
        issuer: https://a.example
        upstreams:
          - {name: corp, preset: google, client_id: x, client_secret: {env: S}}
        resources:
          - {uri: 'https://*.mcp.example/mcp'}
          - {uri: 'https://r.example/mcp', client_id: r, client_secret: {env: R}, delegates_to: ['\(target)']}
        """
    }

    @Test("a configured fleet may be a target")
    func read() throws {
        let yaml = Self.yaml("https://*.mcp.example/mcp")
        let configuration = try Configuration(decoding: try YAMLConfiguration.parse(yaml))
        #expect(configuration.resources.last?.delegationTargets == ["https://*.mcp.example/mcp"])
    }

    @Test("another pattern, and a single member, are not")
    func refused() {
        for target in ["https://*.other.example/mcp", "https://a.mcp.example/mcp"] {
            let lines = refusals(Self.yaml(target))
            #expect(
                lines.count == 1 && lines[0].hasPrefix("resources[1].delegates_to[0]: \(target) is not a configured")
            )
        }
    }
}
