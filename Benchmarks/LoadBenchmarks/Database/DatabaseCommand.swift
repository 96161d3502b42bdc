import ArgumentParser
import BenchmarkSupport
import Foundation
import PostgreSQLTesting

/// Compares the whole server on PostgreSQL with what that database can commit.
struct DatabaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "database",
        abstract: "Compare the server on a PostgreSQL of its own with pgbench and one simple update, in turns."
    )

    @OptionGroup var conditions: Conditions

    @Option(name: .long, parsing: .upToNextOption, help: "The scenarios.")
    var scenarios: [ScenarioID] = [.vault, .refresh, .redemption]

    @Option(name: .long, help: "How many turns each has.")
    var turns = 6

    @Flag(name: .long, help: "Print JSON instead of a table.")
    var json = false

    func validate() throws {
        guard turns > 0 else { throw ValidationError("turns: at least 1") }
        guard conditions.connections <= 300 else { throw ValidationError("connections: at most 300 with --database") }
    }

    func run() async throws {
        // Before this process is bound to a core, so that the database may use all.
        let cluster = try await PostgreSQLCluster(isDurable: true)
        try LoadBenchmarks.prepare()
        let limit = try await PgbenchRate.prepare(cluster)
        defer { limit.remove() }
        let host = try await LoadHost.start(conditions, arguments: ["--database", cluster.address()])
        let report: DatabaseReport
        do {
            report = try await measure(host, limit)
        } catch {
            await host.stop()
            throw error
        }
        await host.stop()
        try FileHandle.standardOutput.write(contentsOf: json ? report.json() : Data(report.table.utf8))
    }

    private func measure(_ host: LoadHost, _ limit: PgbenchRate) async throws -> DatabaseReport {
        let factory = try ScriptFactory(host, connections: conditions.connections)
        var report = DatabaseReport()
        for scenario in scenarios {
            var turnsOfRates: [DatabaseReport.Turn] = []
            for turn in 0..<turns {
                let scripts = try await factory.scripts(
                    scenario,
                    connections: conditions.connections,
                    seconds: conditions.seconds
                )
                let ours = {
                    try LoadEngine(scripts, endpoints: [host.server, host.provider])
                        .run(.closed, seconds: conditions.seconds, server: host.processID).rate
                }
                let theirs = { try limit.measure(connections: conditions.connections, seconds: conditions.seconds) }
                // The order alternates, because a machine that slows down must favour neither.
                if turn.isMultiple(of: 2) {
                    let rate = try ours()
                    turnsOfRates.append(.init(rate: rate, limit: try theirs()))
                } else {
                    let rate = try theirs()
                    turnsOfRates.append(.init(rate: try ours(), limit: rate))
                }
            }
            report.add(scenario.rawValue, turnsOfRates)
        }
        return report
    }
}
