import ArgumentParser
import DurableLog

/// `gatehouse snapshot list`: lists the snapshots by their headers.
struct SnapshotListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the snapshots, oldest first; exits with 1 if one cannot be read.",
        discussion: "Reads headers only: `verify` reads everything."
    )

    @OptionGroup var storage: StorageArguments

    func run() throws {
        try storage.withStorage { storage in
            let entries = try storage.inspection().list()
            guard !entries.isEmpty else { return Console.write("no snapshots in \(storage.directory)") }
            for entry in entries { Console.write(entry.line) }
            guard entries.allSatisfy(\.isReadable) else { throw ExitCode.failure }
        }
    }
}

extension StorageInspection.Entry {
    /// Whether no error was found in the file, as far as it was read.
    var isReadable: Bool {
        if case .success = result { true } else { false }
    }

    /// The entry as one line for the operator.
    var line: String {
        switch result {
        case .success(let description): description.line
        case .failure(let error): "\(file)  is unusable: \(error)"
        }
    }
}
