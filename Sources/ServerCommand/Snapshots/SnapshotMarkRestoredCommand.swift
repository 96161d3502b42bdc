import ArgumentParser
import AuthorizationServer
import DurableLog
import OAuthProtocol

/// `gatehouse snapshot mark-restored`: says that a directory's files were put back by other means than `restore`.
struct SnapshotMarkRestoredCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mark-restored",
        abstract: "Say that the storage directory was put back from a copy or a disk's snapshot.",
        discussion: """
            Its state then lacks what was acknowledged later: a refresh token that is newer than the state is accepted \
            once for each session, instead of counting as stolen. Run it while no server uses the directory.
            """
    )

    @OptionGroup var storage: StorageArguments

    func run() throws {
        try storage.withStorage { storage in
            try StorageInspection.markRestored(
                directory: storage.directory,
                key: storage.key,
                seconds: SystemTimeSource().now().secondsSinceEpoch
            )
            Console.write("marked \(storage.directory) as restored")
        }
    }
}
