import ArgumentParser
import AuthorizationServer
import DurableLog
import GatehouseHosting
import OAuthProtocol

/// `gatehouse snapshot restore`: copies a backup into an empty storage directory.
struct SnapshotRestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Restore a backup into an empty storage directory, so that a server can start from it.",
        discussion: """
            The key must be the one that the backup was sealed with. Sessions that ended after the backup end again, if \
            the audit trail (audit.log and audit-*.log) is in the directory. A refresh token that was issued after the \
            backup is accepted once for each session, and moves the restored state forward.
            """
    )

    @Argument(help: "The file that `gatehouse snapshot export` created.")
    var backup: String

    @Flag(name: .long, help: "End every session: all users log in again. Use it if tokens may have been stolen.")
    var revokeSessions = false

    @OptionGroup var storage: StorageArguments

    func run() async throws {
        try await storage.withStorage { storage in
            let now = SystemTimeSource().now()
            let description = try StorageInspection.restore(
                StorageArguments.resolvingLinks(backup),
                into: storage.directory,
                // A server that was started here before the restore may have written an audit trail.
                besides: Set(AuditFiles.names(in: storage.directory)),
                key: storage.key,
                seconds: now.secondsSinceEpoch
            )
            Console.write("restored \(backup) into \(storage.directory): \(description.summary)")
            try await endAgain(storage, after: Timestamp(secondsSinceEpoch: description.creationSeconds), now: now)
        }
    }

    private func endAgain(_ storage: StorageArguments.Storage, after backup: Timestamp, now: Timestamp) async throws {
        let endings = try AuditTrailEndings.read(
            AuditFiles.paths(in: storage.directory),
            since: (backup - .seconds(600)).rfc3339
        )
        if let last = endings.lastTime {
            if last > backup.rfc3339 {
                Console.writeError(
                    "warning: the backup is of \(backup.rfc3339), and the audit trail ends at \(last): "
                        + "what was registered, granted and connected between them is lost"
                )
            }
        } else {
            Console.writeError(
                "warning: the audit trail in \(storage.directory) has no events: sessions that ended after the backup "
                    + "are alive again; put audit.log and audit-*.log there before the restore, or use "
                    + "--revoke-sessions"
            )
        }
        guard revokeSessions || !endings.isEmpty else { return }
        let state = try await RestoredState(directory: storage.directory, key: storage.key, now: now)
        let ended = try await state.end(endings)
        Console.write("ended again by the audit trail: \(ended.sessions) sessions, \(ended.connections) connections")
        if revokeSessions { Console.write("ended: \(try await state.endAllSessions()) sessions") }
        try await state.close()
    }
}
