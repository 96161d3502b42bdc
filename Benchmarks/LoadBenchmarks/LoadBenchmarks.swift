import ArgumentParser
import Foundation

/// Load over real sockets: a server process on its own core, the load on another, and the limit beside it in one run.
@main
struct LoadBenchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "LoadBenchmarks",
        abstract: "Requests per second over real sockets, beside what the same core signs per second.",
        subcommands: [RunCommand.self, ServerCommand.self],
        defaultSubcommand: RunCommand.self
    )
}

/// Runs the scenarios and prints the table.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "run", abstract: "Run the scenarios.")

    @Option(name: .long, help: "Connections of the closed loop.")
    var connections = 64

    @Option(name: .long, help: "Seconds for each scenario.")
    var seconds = 5

    @Option(name: .long, help: "memory, or the journal policy of a storage directory: always, every-second, off.")
    var journal = "memory"

    @Flag(name: .long, help: "Print JSON instead of a table.")
    var json = false

    func run() async throws {
        // One core for the server and one for the load: otherwise the load eats what is measured.
        try Affinity.pin(to: 1)
        let host = try await LoadHost.start(journal: journal)
        defer { host.stop() }
        let signatures = try SignatureRate.measure(seconds: 3)
        var results: [ScenarioResult] = []
        for scenario in try await Scenario.all(at: host, connections: connections) {
            results.append(try scenario.run(seconds: seconds))
        }
        let report = Report(signatures: signatures, results: results, connections: connections, journal: journal)
        FileHandle.standardOutput.write(Data((json ? report.json : report.table).utf8))
    }
}
