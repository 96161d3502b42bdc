import ArgumentParser
// The allocator of the program that is measured: importing it is using it.
import CJemalloc
import Foundation

/// The cost of durability: the rate of durable refreshes beside the disk's, a snapshot under load, a start from it.
@main
struct DurabilityBenchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "DurabilityBenchmarks",
        abstract: "Measure the cost of durability: journal, snapshot, start, memory.",
        subcommands: [RunCommand.self, ServeCommand.self],
        defaultSubcommand: RunCommand.self
    )
}

/// Measures everything and prints the table.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "run", abstract: "Measure and print the table.")

    @Option(name: .long, help: "Sessions of the snapshot, each with its user, identity and connection.")
    var sessions = 1_000_000

    @Option(name: .long, help: "Seconds for each rate.")
    var seconds = 3

    @Option(name: .long, help: "Requests in flight of the refresh rate.")
    var inFlight = 64

    @Option(name: .long, help: "A folder on the disk to measure; by default the temporary one.")
    var directory: String?

    @Flag(name: .long, help: "Print JSON instead of a table.")
    var json = false

    func run() async throws {
        let parent = directory.map { URL(filePath: $0) } ?? FileManager.default.temporaryDirectory
        let folder = parent.appending(path: "gatehouse-durability-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // a leftover costs room only
        let processors = Processors()
        var report = Report(sessionCount: sessions, processors: processors.description)
        let rate = try DiskRate.measure(in: folder.path(), seconds: seconds)
        report.add("fdatasync_per_second", "fdatasync of 512 bytes, this disk's limit", rate, "/s")
        for policy in ["always", "every-second", "off"] {
            let place = folder.appending(path: policy).path()
            try await RefreshRate.measure(policy: policy, in: place, seconds: seconds, inFlight: inFlight)
                .add(to: &report)
        }
        try await SnapshotRun(
            directory: folder.appending(path: "snapshot").path(),
            sessionCount: sessions,
            processors: processors
        )
        .measure(into: &report, seconds: seconds)
        print(json ? report.json : report.table)
    }
}
