import ArgumentParser

/// `gatehouse snapshot`: looks at what is stored, makes backups of it, and puts them back.
struct SnapshotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "List, verify, export and restore what the storage directory holds.",
        discussion: """
            All but restore may run beside a server. A backup is one file; it is sealed, and restores on any machine \
            that has the storage key.
            """,
        subcommands: [
            SnapshotListCommand.self, SnapshotVerifyCommand.self, SnapshotExportCommand.self,
            SnapshotRestoreCommand.self,
        ]
    )
}
