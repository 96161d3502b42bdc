import ArgumentParser
import GatehouseHosting
import ServerConfiguration

/// `gatehouse import`: converts another server's configuration into ours.
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Convert another server's configuration.",
        subcommands: [ToolHive.self]
    )

    /// `gatehouse import toolhive`.
    struct ToolHive: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "toolhive",
            abstract: "Print the configuration that corresponds to a ToolHive embedded authorization server's.",
            discussion: """
                Reads a run configuration in YAML or JSON and prints ours. What has no equivalent, and what has to be done by \
                hand, is listed on standard error and in comments at the top. Check the result with check-config.
                """
        )

        @Argument(help: "The path of the run configuration.")
        var path: String

        func run() throws {
            let text: String
            do { text = try HostFiles().text(path) } catch {
                Console.writeError("\(path) \(error.reason)")
                throw ExitCode.failure
            }
            do throws(ConfigurationErrors) {
                let migration = ToolHiveMigration(try YAMLConfiguration.parse(text))
                Console.write(migration.text)
                for note in migration.notes { Console.writeError(note) }
            } catch {
                for error in error.errors { Console.writeError("\(error)") }
                throw ExitCode.failure
            }
        }
    }
}
