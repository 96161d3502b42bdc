import ArgumentParser

/// `gatehouse snapshot`: inspects the storage, makes backups of it, and restores them.
struct SnapshotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "List, verify, export, restore and rekey the contents of the storage directory.",
        discussion: """
            now asks a running server for a snapshot. list, verify and export may run beside a server. A backup is one sealed file that can be restored on any machine \
            with the storage key.
            """,
        subcommands: [
            SnapshotListCommand.self, SnapshotNowCommand.self, SnapshotVerifyCommand.self, SnapshotExportCommand.self,
            SnapshotRestoreCommand.self, SnapshotMarkRestoredCommand.self, SnapshotRekeyCommand.self,
        ]
    )
}
