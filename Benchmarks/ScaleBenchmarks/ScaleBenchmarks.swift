import ArgumentParser
import BenchmarkSupport
// The allocator of the program that is measured: importing it is using it.
import CJemalloc
import Foundation

/// The cost of size: many sessions, clients, connections, keys; and the cost of a start.
@main
struct ScaleBenchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ScaleBenchmarks",
        abstract: "Measure the cost of many sessions, clients, connections and keys, the memory of each, and a start.",
        discussion: "DurabilityBenchmarks measures a snapshot's pause and a start from it.",
        subcommands: [EmbedCommand.self, SignalsCommand.self]
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
        // Before this process holds any data: starts are forked from it.
        try StartMeasurement.measure(into: &report)
        try KeyScale.measure(into: &report, duration: duration)
        try await ClientScale.measure(upTo: clients, into: &report, duration: duration)
        try await SessionScale.measure(upTo: sessions, into: &report, duration: duration)
        try ConnectionScale.measure(upTo: connections, into: &report)
        try FileHandle.standardOutput.write(contentsOf: json ? report.json() : Data(report.table.utf8))
    }
}
