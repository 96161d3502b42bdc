import ArgumentParser
import OAuthProtocol
import UpstreamIdentity

/// `gatehouse presets`: the table of known providers.
struct PresetsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "presets",
        abstract: "Show the known providers and how they differ from the specifications.",
        subcommands: [List.self, Show.self]
    )

    /// `gatehouse presets list`.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the presets, each with its particulars.")

        func run() {
            for line in Self.lines { Console.write(line) }
        }

        static var lines: [String] {
            OutputTable.lines(
                UpstreamPreset.all.map { preset in
                    [
                        "preset": .string(preset.name), "type": .string(preset.isOpenID ? "oidc" : "oauth2"),
                        "issuer": preset.needsIssuer ? "yours" : "known", "particulars": .string(preset.note),
                    ]
                },
                columns: ["preset", "type", "issuer", "particulars"]
            )
        }
    }

    /// `gatehouse presets show NAME`.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a preset as the keys of an upstream.",
            discussion: """
                The keys can be copied into upstreams[] and changed there. What no key says follows as comments and is \
                the preset's alone.
                """
        )

        @Argument(help: "The preset.")
        var name: String

        func run() throws {
            for line in Self.lines(try Self.preset(name)) { Console.write(line) }
        }

        static func preset(_ name: String) throws -> UpstreamPreset {
            guard let preset = UpstreamPreset.named(name) else {
                let names = UpstreamPreset.all.map(\.name).joined(separator: ", ")
                throw ValidationError("unknown preset \(name); known presets: \(names)")
            }
            return preset
        }

        // A JSON value is a YAML value.
        static func lines(_ preset: UpstreamPreset) -> [String] {
            ["# \(preset.name): \(preset.note)"]
                + preset.row.members.map { name, value in
                    "\(name): \(String(decoding: value.serialized(), as: UTF8.self))"
                } + preset.particulars.map { "# \($0)" }
        }
    }
}
