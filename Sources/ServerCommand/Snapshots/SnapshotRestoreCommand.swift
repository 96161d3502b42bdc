import ArgumentParser
import DurableLog

/// `gatehouse snapshot restore`: copies a backup into an empty storage directory.
struct SnapshotRestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Restore a backup into an empty storage directory, so that a server can start from it.",
        discussion: """
            The key must be the one that the backup was sealed with. Refresh tokens that were issued after the backup \
            are accepted and move the restored state forward.
            """
    )

    @Argument(help: "The file that `gatehouse snapshot export` created.")
    var backup: String

    @OptionGroup var storage: StorageArguments

    func run() throws {
        try storage.withStorage { storage in
            let description = try StorageInspection.restore(
                backup,
                into: storage.directory,
                // A server that was started here before the restore may have written an audit trail.
                besides: [ServerHost.auditFileName],
                key: storage.key
            )
            Console.write("restored \(backup) into \(storage.directory): \(description.summary)")
        }
    }
}
