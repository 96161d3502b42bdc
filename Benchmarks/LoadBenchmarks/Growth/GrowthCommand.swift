import ArgumentParser
import BenchmarkSupport
import Foundation
import Histogram

/// Measures what refreshes cost as one thing after another grows.
struct GrowthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "growth",
        abstract: "Measure refreshes against the number of sessions, connections, resources, upstreams and clients."
    )

    @Option(name: .long, parsing: .upToNextOption, help: "What grows; everything in turn by default.")
    var axes = GrowthAxis.allCases

    @Option(name: .long, help: "Seconds of each measurement, after a warm-up of a quarter of them.")
    var seconds = 2.0

    @Option(name: .long, help: "The largest size.")
    var largest = 1_000_000

    @Option(name: .long, help: "A folder for the plots, as SVG.")
    var plots: String?

    @Flag(name: .long, help: "Print JSON instead of a table.")
    var json = false

    func validate() throws {
        guard (0.1...60).contains(seconds) else { throw ValidationError("seconds: 0.1 to 60") }
        guard axes.allSatisfy({ ($0.counts.first ?? 0) * 10 <= largest }) else {
            throw ValidationError("largest: at least ten times the first size")
        }
    }

    func run() async throws {
        try LoadBenchmarks.prepare()
        var report = GrowthReport()
        for axis in axes {
            var points: [GrowthReport.Point] = []
            for count in axis.counts where count <= largest {
                FileHandle.standardError.write(Data("growth: \(count) \(axis.rawValue)\n".utf8))
                points.append(try await point(axis, count))
            }
            report.rows.append(.init(axis, points))
        }
        if let plots {
            let folder = URL(filePath: plots, directoryHint: .isDirectory)
            for row in report.rows {
                try Data(GrowthPlot(row: row).svg.utf8).write(to: folder.appending(path: "growth-\(row.id).svg"))
            }
        }
        try FileHandle.standardOutput.write(contentsOf: json ? report.json() : Data(report.table.utf8))
    }

    private func point(_ axis: GrowthAxis, _ count: Int) async throws -> GrowthReport.Point {
        var conditions = try Conditions.parse([])
        conditions.seconds = seconds
        let arguments = axis.apply(count, to: &conditions)
        let host = try await LoadHost.start(conditions, arguments: arguments)
        do {
            let factory = try ScriptFactory(host, connections: conditions.connections)
            let rate = try await run(.closed, host, factory, conditions).rate
            let paced = try await run(.open(perSecond: rate * 0.5), host, factory, conditions)
            await host.stop()
            return GrowthReport.Point(
                count: count,
                perSecond: rate,
                p99Microseconds: Double(paced.latencies.valueAtPercentile(99)) / 1000
            )
        } catch {
            await host.stop()
            throw error
        }
    }

    private func run(
        _ mode: LoadEngine.Mode,
        _ host: LoadHost,
        _ factory: ScriptFactory,
        _ conditions: Conditions
    ) async throws -> Outcome {
        let scripts = try await factory.scripts(
            .refresh,
            connections: conditions.connections,
            seconds: conditions.seconds
        )
        return try LoadEngine(scripts, endpoints: [host.server, host.provider])
            .run(mode, seconds: conditions.seconds, server: host.processID)
    }
}
