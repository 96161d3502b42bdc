import ArgumentParser
import BenchmarkSupport
import Foundation

/// Runs the other benchmarks, prints one table, and compares the ratios with the accepted ones.
@main
struct BenchmarkSummary: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "BenchmarkSummary",
        abstract: "Print every benchmark's ratios in one table.",
        discussion: """
            The threshold files, one for each benchmark, say what is run and compared. The benchmarks' JSON output \
            remains in the results folder.
            """,
        subcommands: [RunCommand.self, CheckCommand.self, RecordCommand.self],
        defaultSubcommand: RunCommand.self
    )
}

/// The locations of the thresholds and the results.
struct Folders: ParsableArguments {
    @Option(name: .long, help: "The folder of the threshold files.")
    var thresholds = "Benchmarks/Thresholds"

    @Option(name: .long, help: "The folder of the benchmarks' JSON output.")
    var results = ".build/benchmarks"

    @Option(name: .long, help: "Run only this benchmark; may be repeated.")
    var only: [String] = []

    func files() throws -> [(url: URL, file: ThresholdFile)] {
        let files = try ThresholdFile.all(in: URL(filePath: thresholds, directoryHint: .isDirectory))
        for name in only where !files.contains(where: { $0.file.benchmark == name }) {
            throw BenchmarkError("there are no thresholds for \(name)")
        }
        return files.filter { only.isEmpty || only.contains($0.file.benchmark) }
    }

    func result(of file: ThresholdFile) -> URL {
        URL(filePath: results, directoryHint: .isDirectory).appending(path: file.benchmark + ".json")
    }

    func figures(of file: ThresholdFile) throws -> JSONFigures {
        let url = result(of: file)
        guard FileManager.default.fileExists(atPath: url.path()) else {
            throw BenchmarkError("\(file.benchmark) has no result: run the benchmarks first")
        }
        return try JSONFigures(Data(contentsOf: url))
    }
}

/// Runs the benchmarks.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run the benchmarks and print the table."
    )

    @OptionGroup var folders: Folders

    @Flag(name: .long, help: "Print the results as one JSON object instead of the table.")
    var json = false

    func run() throws {
        let files = try folders.files()
        try FileManager.default.createDirectory(
            at: URL(filePath: folders.results, directoryHint: .isDirectory),
            withIntermediateDirectories: true
        )
        for (_, file) in files { try run(file) }
        if json {
            let parts = try files.map { file in
                "\"\(file.file.benchmark)\":" + (try String(contentsOf: folders.result(of: file.file), encoding: .utf8))
            }
            print("{" + parts.joined(separator: ",") + "}")
        } else {
            print(try SummaryTable(files.map { ($0.file, try folders.figures(of: $0.file)) }).text)
        }
    }

    private func run(_ file: ThresholdFile) throws {
        let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: file.program ?? file.benchmark)
        FileHandle.standardError.write(Data("running \(file.benchmark)\n".utf8))
        let process = Process()
        let output = Pipe()
        process.executableURL = program
        process.arguments = file.arguments + ["--json"]
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw BenchmarkError("\(file.benchmark) failed") }
        try data.write(to: folders.result(of: file))
    }
}

/// Compares the last results with the thresholds.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Compare the last results with the thresholds; fails on a regression."
    )

    @OptionGroup var folders: Folders

    func run() throws {
        let files = try folders.files().map { ($0.file, try folders.figures(of: $0.file)) }
        let table = SummaryTable(files)
        print(table.text)
        guard table.failures.isEmpty else {
            for failure in table.failures {
                FileHandle.standardError.write(Data("\(failure)\n".utf8))
            }
            throw ExitCode.failure
        }
    }
}

/// Takes the last results as the new thresholds.
struct RecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Write the last results into the thresholds, so that later runs must reach them."
    )

    @OptionGroup var folders: Folders

    func run() throws {
        for (url, file) in try folders.files() {
            try file.recording(try folders.figures(of: file)).write(to: url)
        }
    }
}
