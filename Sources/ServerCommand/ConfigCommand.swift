import ArgumentParser
import OAuthProtocol
import ServerConfiguration

/// `gatehouse config`: what a configuration file may hold, for editors and for the documentation.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Describe the configuration file.",
        subcommands: [Schema.self, Reference.self]
    )

    /// `gatehouse config schema`.
    struct Schema: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a JSON Schema (draft 2020-12) of the configuration file, for editors.",
            discussion: """
                The schema accepts every file that the server accepts; check-config also checks bounds of durations, rules \
                between keys, and the files and secrets.
                """
        )

        func run() {
            Console.write(ConfigurationSchema.document.indentedText)
        }
    }

    /// `gatehouse config reference`.
    struct Reference: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print every key with its values and its default, in Markdown."
        )

        func run() {
            Console.write(ConfigurationReference.page)
        }
    }
}
