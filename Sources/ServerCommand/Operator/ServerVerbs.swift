import ArgumentParser
import OAuthProtocol

/// `gatehouse reload`: a running server reads its configuration again.
struct ReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Let a running server read its configuration again: all of it takes effect in one step, or nothing.",
        discussion: """
            The server reads the file that it was started with. Prints the keys that changed, or why nothing did, and \
            then exits with 1. The configuration reference says which keys need a restart.
            """
    )

    @OptionGroup var management: ManagementArguments

    func run() async throws {
        try await management.withClient { client in
            OutputTable.write(try await client.post("/admin/reload", []), asJSON: management.json)
        }
    }
}

/// `gatehouse snapshot now`: a running server writes a snapshot.
struct SnapshotNowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "now",
        abstract: "Let a running server write a snapshot, which `snapshot export` then copies."
    )

    @OptionGroup var management: ManagementArguments

    func run() async throws {
        try await management.withClient { client in
            OutputTable.write(try await client.post("/admin/snapshot", []), asJSON: management.json)
        }
    }
}
