import ArgumentParser
import DurableLog

/// `gatehouse snapshot rekey`: copies the storage into another directory, sealed with another key.
struct SnapshotRekeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rekey",
        abstract: "Copy the storage into an empty directory, sealed with another key.",
        discussion: """
            Run it while no server uses the directory. Nothing in it changes: configure storage.directory and \
            storage.encryption_key for the copy, start, and destroy the original and its key. The audit trail is not \
            copied, because it is not sealed: move audit.log and audit-*.log yourself.
            """
    )

    @Option(name: .long, help: "The directory to fill, which is created if it is missing.")
    var into: String

    @Option(name: .long, help: "The file of the new key: 32 bytes, for example from openssl rand -hex 32.")
    var newKeyFile: String

    @OptionGroup var storage: StorageArguments

    func run() throws {
        try storage.withStorage { storage in
            let newKey = try StorageArguments.readKey(file: newKeyFile)
            let copied = try storage.inspection().rekey(into: into, with: newKey)
            let snapshot = copied.snapshot.map { "\($0.file) and " } ?? ""
            Console.write("copied \(snapshot)\(copied.recordCount) records of the journal into \(into)")
        }
    }
}
