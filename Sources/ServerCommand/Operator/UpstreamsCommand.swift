import ArgumentParser
import OAuthProtocol

/// `gatehouse upstreams`: how the providers of a running server are.
struct UpstreamsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upstreams",
        abstract: "List the providers of a running server with their state, or show one.",
        discussion: """
            The state is of the time since the server's start: unused, working, failing, or paused after repeated failures. \
            Dead grants are connections whose users must connect again. To try a provider, use upstream try.
            """,
        subcommands: [UpstreamsListCommand.self, UpstreamsShowCommand.self],
        defaultSubcommand: UpstreamsListCommand.self
    )
}

/// `gatehouse upstreams list`.
struct UpstreamsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the providers with their state (the default)."
    )

    @OptionGroup var management: ManagementArguments

    func run() async throws {
        try await management.withClient { client in
            OutputTable.write(
                try await client.get("/admin/upstreams"),
                rows: "upstreams",
                columns: [
                    "name", "kind", "state", "last_success_at", "last_failure_at", "last_failure", "connections",
                    "dead_grants", "registration",
                ],
                asJSON: management.json
            )
        }
    }
}

/// `gatehouse upstreams show NAME`.
struct UpstreamsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a provider, with the endpoints in use and this server's client there; no secrets."
    )

    @Argument(help: "The name of the upstream in the configuration.")
    var name: String

    @OptionGroup var management: ManagementArguments

    func run() async throws {
        try await management.withClient { client in
            OutputTable.write(try await client.get("/admin/upstreams/\(name)"), asJSON: management.json)
        }
    }
}
