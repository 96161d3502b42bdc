import ArgumentParser
import BenchmarkSupport
import Foundation

/// Compares our server with what the machine allows: the same load, core and bytes, without a server's work.
struct FloorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "floors",
        abstract: "Compare rates and latencies with those of the least server that sends the same bytes."
    )

    @OptionGroup var conditions: Conditions

    @Option(name: .long, parsing: .upToNextOption, help: "The scenarios.")
    var scenarios: [ScenarioID] = [.jwks, .metadata, .introspection, .vault, .refresh, .clientCredentials]

    @Option(name: .long, help: "How many turns each server has, for rates and again for latencies.")
    var turns = 8

    @Flag(name: .long, help: "Also those that sign with the journal policy `always`.")
    var withJournal = false

    @Flag(name: .long, help: "Print JSON instead of a table.")
    var json = false

    func validate() throws {
        guard turns > 0 else { throw ValidationError("turns: at least 1") }
        let refused = scenarios.filter { [.mix, .redemption, .flow, .upstreamRefresh].contains($0) }
        guard refused.isEmpty else {
            throw ValidationError("\(refused[0].rawValue) has no floor: it is not one request and one answer")
        }
    }

    func run() async throws {
        try LoadBenchmarks.prepare()
        var report = FloorReport()
        report.rows = try await rows(scenarios, conditions) { $0.rawValue }
        if withJournal {
            var durable = conditions
            durable.journal = "always"
            report.rows += try await rows(scenarios.filter { $0.limit == .signatures }, durable) {
                "always." + $0.rawValue
            }
        }
        try FileHandle.standardOutput.write(contentsOf: json ? report.json() : Data((report.table + "\n").utf8))
    }

    private func rows(
        _ scenarios: [ScenarioID],
        _ conditions: Conditions,
        id: (ScenarioID) -> String
    ) async throws -> [FloorReport.Row] {
        let host = try await LoadHost.start(conditions)
        do {
            let factory = try ScriptFactory(host, connections: conditions.connections)
            var rows: [FloorReport.Row] = []
            for scenario in scenarios {
                let comparison = try await FloorComparison.start(scenario, conditions, host, factory)
                defer { comparison.floor.stop() }
                rows.append(try await comparison.measure(id: id(scenario), turns: turns))
            }
            await host.stop()
            return rows
        } catch {
            await host.stop()
            throw error
        }
    }
}
