import ArgumentParser
import Foundation
import ServerConfiguration

/// `gatehouse check-config`: reports whether a configuration can be served, and every error in it.
struct CheckConfigurationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Check a configuration file, its environment overrides and the files and secrets it names.",
        discussion: """
            Prints one line for each error, with the key and the line, and exits with 1 if there is any. Starts no server.
            """
    )

    @Option(name: .long, help: "The path of the YAML file.")
    var config: String

    func run() async throws {
        do throws(ConfigurationErrors) {
            let loaded = try ConfigurationLoader(environment: ProcessInfo.processInfo.environment).load(path: config)
            Console.write("configuration is valid: \(ConfigurationSummary(loaded))")
        } catch {
            for error in error.errors { Console.writeError("\(error)") }
            let count = error.errors.count == 1 ? "1 error" : "\(error.errors.count) errors"
            Console.writeError("configuration is not valid: \(count) in \(config)")
            throw ExitCode.failure
        }
    }
}
