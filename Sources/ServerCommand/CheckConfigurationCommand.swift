import ArgumentParser
import AuthorizationServer
import FoundationEssentials
import GatehouseHosting
import Logging
import OutboundHTTP
import ServerConfiguration

/// `gatehouse check-config`: reports whether a configuration can be served, and every error in it.
struct CheckConfigurationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Check a configuration file, its environment overrides and the files and secrets it names.",
        discussion: """
            Prints one line for each error, with the key and the line, and exits with 1 if there is any. Warnings name what \
            a start accepts and may not be intended; with --strict they count as errors. Starts no server.

            With --online it also asks each upstream for its discovery document and keys, looks whether its endpoints
            answer, compares the clocks, and prints the redirect URI to register there and the URL that a login would send
            a browser to. It sends no secret and registers nothing. Exits with 1 if an upstream fails.
            """
    )

    @Option(name: .long, help: "The path of the YAML file.")
    var config: String

    @Flag(name: .long, help: "Exit with 1 if there is a warning.")
    var strict = false

    @Flag(name: .long, help: "Ask the upstreams too.")
    var online = false

    func run() async throws {
        let loaded: ConfigurationLoader.Loaded
        do throws(ConfigurationErrors) {
            loaded = try ConfigurationLoader(environment: ProcessInfo.processInfo.environment).loadAll(path: config)
        } catch {
            for error in error.errors { Console.writeError("\(error)") }
            let count = error.errors.count == 1 ? "1 error" : "\(error.errors.count) errors"
            Console.writeError("configuration is not valid: \(count) in \(config)")
            throw ExitCode.failure
        }
        for warning in loaded.warnings { Console.writeError("warning: \(warning)") }
        Console.write("configuration is valid: \(ConfigurationSummary(loaded.configuration))")
        if online { try await examine(loaded.configuration) }
        if strict, !loaded.warnings.isEmpty { throw ExitCode.failure }
    }

    private func examine(_ loaded: Configuration) async throws {
        // The verdicts say what the log would.
        let logger = Logger(label: "check") { _ in SwiftLogNoOpLogHandler() }
        let client: CurlClient
        do {
            client = try OutboundClients.provider(loaded.outbound, logger: logger)
        } catch {
            Console.writeError("outbound: \(error)")
            throw ExitCode.failure
        }
        let examiner = UpstreamExaminer(
            configuration: loaded,
            transport: client,
            timeSource: SystemTimeSource(),
            logger: logger
        )
        let verdicts = await examiner.verdicts()
        await client.shutdown()
        for line in verdicts.flatMap(\.lines) { Console.write(line) }
        let failed = verdicts.filter { $0.level == .failed }.map(\.name)
        guard failed.isEmpty else {
            Console.writeError("upstreams that cannot be used: \(failed.joined(separator: ", "))")
            throw ExitCode.failure
        }
    }
}
