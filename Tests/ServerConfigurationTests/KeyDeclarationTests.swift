import OAuthProtocol
import Testing

@testable import ServerConfiguration

@Suite("Each key is declared once")
struct KeyDeclarationTests {
    @Test("with a name of its own in its section, a text that ends like a sentence, and words for its value")
    func describesEveryKey() {
        var count = 0
        func check(_ keys: [KeyDescription], below parent: String) {
            #expect(Set(keys.map(\.name)).count == keys.count, "\(parent)")
            for key in keys {
                count += 1
                #expect(key.text.hasSuffix(".") && !key.text.contains("\n"), "\(parent)\(key.name)")
                #expect(key.fallback?.isEmpty != true, "\(parent)\(key.name)")
                check(key.shape.keys, below: parent + key.name + key.shape.pathSuffix + ".")
            }
        }
        check(Configuration.keys.descriptions(Configuration.keys.blank), below: "")
        #expect(count == ConfigurationKey.all.count && count > 120)
    }

    @Test("and its default, written into the file, changes nothing")
    func defaultsAreRead() throws {
        let issuer = ConfigurationNode.map(["issuer": .scalar("https://a.example")])
        let configuration = try Configuration(decoding: issuer)
        var count = 0
        for (path, initial) in Self.initialValues(Configuration.keys.descriptions(configuration), below: []) {
            var written = try Configuration(decoding: issuer.setting(path, to: ConfigurationNode(initial)))
            // That an address was chosen is all that writing the default says.
            written.management.isAddressConfigured = false
            #expect(written == configuration, "\(path)")
            count += 1
        }
        #expect(count > 25)
    }

    @Test("with the defaults of the property that it sets")
    func defaultsAreTheProperties() throws {
        var configuration = Configuration.keys.blank
        configuration.tokens.refreshReuseGrace = .seconds(7)
        let values = Self.initialValues(Configuration.keys.descriptions(configuration), below: [])
        #expect(values.first { $0.path == ["tokens", "refresh_reuse_grace"] }?.value == "7s")
        #expect(values.first { $0.path == ["limits", "failures_per_source", "per_minute"] }?.value == 60)
    }

    @Test("a section's required key is missed, an unknown one refused, and the rest read")
    func readsSections() {
        let problems = ConfigurationProblems()
        let node = ConfigurationNode.map(["private_key_file": .scalar("/k.pem"), "certificate_file": .list([])])
        let cursor = ConfigurationCursor(path: "tls", node: node, location: nil, problems: problems)
        var files = Configuration.TLSFiles.keys.blank
        let context = DecodingContext(configuration: Configuration.keys.blank)
        Configuration.TLSFiles.keys.decode(cursor, into: &files, context)
        #expect(files.privateKeyFile == "/k.pem" && files.certificateFile.isEmpty)
        #expect(problems.errors.map(\.description) == ["tls.certificate_file: must be a single value"])
        let empty = ConfigurationCursor(path: "tls", node: .map([:]), location: nil, problems: problems)
        Configuration.TLSFiles.keys.decode(empty, into: &files, context)
        #expect(
            problems.errors.dropFirst().map(\.description) == [
                "tls.certificate_file: is required", "tls.private_key_file: is required",
            ]
        )
    }

    /// The keys outside lists whose default can be written, and that default.
    private static func initialValues(
        _ keys: [KeyDescription],
        below parent: [String]
    ) -> [(path: [String], value: JSONValue)] {
        keys.flatMap { key -> [(path: [String], value: JSONValue)] in
            let path = parent + [key.name]
            switch key.shape {
            case .section(let keys, _): return initialValues(keys, below: path)
            // A list that must not be empty has a default that follows from other keys.
            case .list(_, _, let countMin, _) where countMin > 0: return []
            case .value, .secret, .secrets, .list: return key.initial.map { [(path, $0)] } ?? []
            }
        }
    }
}

extension ConfigurationNode {
    /// A map as a file would have it, without places.
    static func map(_ entries: KeyValuePairs<String, ConfigurationNode>) -> ConfigurationNode {
        ConfigurationNode(.map(entries.map { Entry(name: $0.key, location: nil, node: $0.value) }))
    }

    /// A list.
    static func list(_ nodes: [ConfigurationNode]) -> ConfigurationNode { ConfigurationNode(.list(nodes)) }

    /// A single value.
    static func scalar(_ text: String) -> ConfigurationNode { ConfigurationNode(.scalar(text)) }

    /// A value as YAML would have it.
    init(_ value: JSONValue) {
        switch value {
        case .null: self.init(.empty)
        case .bool(let flag): self.init(.scalar("\(flag)"))
        case .number(let number): self.init(.scalar(number.text))
        case .string(let text): self.init(.scalar(text))
        case .array(let values): self.init(.list(values.map { ConfigurationNode($0) }))
        case .object(let object):
            self.init(
                .map(object.members.map { Entry(name: $0.name, location: nil, node: ConfigurationNode($0.value)) })
            )
        }
    }
}
