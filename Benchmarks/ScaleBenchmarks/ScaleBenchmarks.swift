import ArgumentParser
import BenchmarkSupport
// The allocator of the program that is measured: importing it is using it.
import CJemalloc
import Foundation

/// What it costs to have much: many sessions, clients, connections, keys; and what a start costs.
@main
struct ScaleBenchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ScaleBenchmarks",
        abstract: "Cost against the number of sessions, clients, connections and keys; memory of each; start.",
        discussion: "A snapshot's pause and a start from it are measured by DurabilityBenchmarks."
    )

    @Option(name: .long, help: "The most sessions, each with user, identity and connection.")
    var sessions = 1_000_000

    @Option(name: .long, help: "The most clients.")
    var clients = 100_000

    @Option(name: .long, help: "The most connections under load.")
    var connections = 10_000

    @Option(name: .long, help: "Milliseconds for each figure.")
    var milliseconds = 300

    @Flag(name: .long, help: "Print JSON instead of a table.")
    var json = false

    func run() async throws {
        var report = ScaleReport()
        let duration = Duration.milliseconds(milliseconds)
        // Before this process holds anything: starts are measured from it.
        try StartMeasurement.measure(into: &report)
        try KeyScale.measure(into: &report, duration: duration)
        try await ClientScale.measure(upTo: clients, into: &report, duration: duration)
        try await SessionScale.measure(upTo: sessions, into: &report, duration: duration)
        try ConnectionScale.measure(upTo: connections, into: &report)
        try FileHandle.standardOutput.write(contentsOf: json ? report.json() : Data(report.table.utf8))
    }
}
