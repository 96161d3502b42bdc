import ArgumentParser
import BenchmarkSupport
// The allocator of the program that is measured: importing it is using it.
import CJemalloc
import Foundation
import SocketHTTP

/// Load over real sockets: a server process on its own core, the load on another, and the limit measured in the same
/// run.
@main
struct LoadBenchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "LoadBenchmarks",
        abstract: "Measure requests per second and latencies over real sockets, each beside its limit.",
        subcommands: [
            RunCommand.self, SuiteCommand.self, VersusCommand.self, FloorCommand.self, GrowthCommand.self,
            HostileCommand.self, DatabaseCommand.self, LoadServer.self, FloorServer.self, StallsCommand.self,
        ],
        defaultSubcommand: RunCommand.self
    )

    /// One core for the server and one for the load: otherwise the load would use the capacity that is measured.
    static func prepare() throws {
        try Affinity.pin(to: 1)
        _ = DescriptorLimit.raise(to: 65_536)
    }

    static func write(_ report: LoadReport, json: Bool) throws {
        try FileHandle.standardOutput.write(contentsOf: json ? report.json() : Data(report.table.utf8))
    }
}

/// Runs scenarios under one set of conditions.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "run", abstract: "Run scenarios against one server.")

    /// The server to compare with.
    enum Rival: String, ExpressibleByArgument {
        case nginx
    }

    @OptionGroup var conditions: Conditions

    @Option(name: .long, parsing: .upToNextOption, help: "The scenarios; all of them by default.")
    var scenarios = ScenarioID.allCases

    @Option(name: .long, help: "nginx: the same load on it, for JWKS and metadata.")
    var compare: Rival?

    @Flag(name: .long, help: "Then run each scenario at 70 % of its highest rate, in an open loop.")
    var seventy = false

    @Option(name: .long, help: "Then open this many idle connections: their memory, and their effect on others.")
    var idle: Int?

    @Flag(name: .long, help: "Print JSON instead of a table.")
    var json = false

    func run() async throws {
        if compare == .nginx, !NginxServer.isInstalled {
            throw BenchmarkError("nginx is not installed: install it with `make bench-setup`")
        }
        try LoadBenchmarks.prepare()
        let run = try await LoadRun.start(conditions, signatures: SignatureRate.measure(seconds: 2))
        do {
            try await measure(run)
        } catch {
            await run.stop()
            throw error
        }
        await run.stop()
        try LoadBenchmarks.write(run.report, json: json)
    }

    private func measure(_ run: LoadRun) async throws {
        // The key set comes first: other scenarios are compared with it.
        for scenario in ScenarioID.allCases where scenarios.contains(scenario) {
            try await run.measure(scenario)
            if compare == .nginx, [.jwks, .metadata].contains(scenario) { try await run.compareWithNginx(scenario) }
            if seventy { try await run.measureAtSeventyPercent(scenario) }
        }
        if let idle {
            try await run.measureIdleConnections(idle)
            if compare == .nginx { try run.measureIdleConnectionsOfNginx(idle) }
        }
        try run.noteResidentMemory()
    }
}
