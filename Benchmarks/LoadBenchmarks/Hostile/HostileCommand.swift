import ArgumentParser
import BenchmarkSupport
import Foundation
import SocketHTTP

/// Legitimate users while strangers attack: each attack in turns with none, so that other activity on the machine
/// affects both alike.
struct HostileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hostile",
        abstract: "Measure logins, refreshes and retrievals while strangers attack; fails if one of them fails."
    )

    @Option(name: .long, parsing: .upToNextOption, help: "The attacks; all of them by default.")
    var rows = HostileRow.allCases

    @Option(name: .long, help: "Seconds of each turn, after a warm-up of a quarter of them.")
    var seconds = 2.0

    @Option(name: .long, help: "How many turns each attack has.")
    var turns = 5

    @Option(name: .long, help: "The part of the hostile load, above 0 and at most 1.")
    var scale = 1.0

    @Flag(name: .long, help: "Use any core, on a machine that does other work: latencies then mean nothing.")
    var anyCore = false

    @Flag(name: .long, help: "Print JSON instead of a table.")
    var json = false

    func validate() throws {
        guard (0.05...60).contains(seconds), (1...100).contains(turns) else {
            throw ValidationError("seconds: 0.05 to 60; turns: 1 to 100")
        }
        guard scale > 0, scale <= 1 else { throw ValidationError("scale: above 0 and at most 1") }
    }

    func run() async throws {
        if anyCore { _ = DescriptorLimit.raise(to: 65_536) } else { try LoadBenchmarks.prepare() }
        let stalls = anyCore ? MachineStalls(share: 0, longestMilliseconds: 0) : try StallsCommand.measure()
        var report = HostileReport(stallShare: stalls.share, stallLongestMilliseconds: stalls.longestMilliseconds)
        let host = try await LoadHost.start(
            Conditions.parse([]),
            arguments: ["--hostile"] + (anyCore ? ["--any-core"] : [])
        )
        do {
            let run = try await HostileRun(host, scale: scale, isPatient: anyCore)
            for row in rows {
                FileHandle.standardError.write(Data("hostile load: \(row.rawValue)\n".utf8))
                report.rows.append(try run.measure(row, seconds: seconds, turns: turns))
            }
        } catch {
            await host.stop()
            throw error
        }
        await host.stop()
        try FileHandle.standardOutput.write(contentsOf: json ? report.json() : Data(report.table.utf8))
        guard report.violations.isEmpty else {
            throw BenchmarkError(report.violations.joined(separator: "\n"))
        }
    }
}
