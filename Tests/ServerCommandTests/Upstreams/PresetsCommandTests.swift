import OAuthProtocol
import ServerConfiguration
import Testing
import UpstreamIdentity

@testable import GatehouseHosting
@testable import ServerCommand

@Suite("gatehouse presets")
struct PresetsCommandTests {
    @Test("list has a line for every preset, with its particulars")
    func list() {
        let lines = PresetsCommand.List.lines
        #expect(lines.count == UpstreamPreset.all.count + 1)
        for preset in UpstreamPreset.all {
            #expect(lines.contains { $0.hasPrefix(preset.name + " ") && $0.hasSuffix(preset.note) })
        }
    }

    @Test("what show prints is accepted as an upstream", arguments: UpstreamPreset.all.map(\.name))
    func show(name: String) throws {
        let preset = try #require(UpstreamPreset.named(name))
        let lines = PresetsCommand.Show.lines(preset)
        #expect(lines[0] == "# \(name): \(preset.note)")
        var entry = ["name: copy", "client_id: x", "client_secret: {env: S}"] + lines
        if preset.needsIssuer { entry.append("issuer: https://i.example") }
        if name == "oauth2" {
            entry += ["authorization_endpoint: https://i.example/a", "token_endpoint: https://i.example/t"]
            entry.append("userinfo: {endpoint: 'https://i.example/u'}")
        }
        let yaml = "issuer: https://a.example\nupstreams:\n  -\n" + entry.map { "    " + $0 }.joined(separator: "\n")
        #expect(refusals(yaml) == [])
        let upstream = try #require(try Configuration(decoding: try YAMLConfiguration.parse(yaml)).upstreams.first)
        #expect(upstream.scopes ?? upstream.preset.scopes == preset.scopes || preset.scopes.isEmpty)
    }

    @Test("an unknown name is refused with the known ones")
    func unknown() {
        #expect(throws: (any Error).self) { try PresetsCommand.Show.preset("gihub") }
    }
}
