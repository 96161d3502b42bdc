import ArgumentParser
import DurableLog

/// `gatehouse snapshot export`: copies the newest snapshot to one file, which is a backup.
struct SnapshotExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Copy the newest whole snapshot to one file; later changes are not in the backup.",
        discussion: """
            The file is sealed with the storage key and useless without it: keep a copy of the key elsewhere. \
            A server writes a snapshot each storage.snapshot_interval, and one when it is stopped.
            """
    )

    @Argument(help: "The file to create, which must not exist.")
    var file: String

    @OptionGroup var storage: StorageArguments

    func run() throws {
        try storage.withStorage { storage in
            let description = try storage.inspection().export(to: file)
            Console.write("exported to \(file): \(description.summary)")
        }
    }
}
