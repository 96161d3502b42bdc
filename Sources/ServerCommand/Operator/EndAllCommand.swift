import ArgumentParser
import FoundationEssentials
import OAuthProtocol

/// `gatehouse end-all`: ends every session of a user, a client or an upstream, or from before a time.
struct EndAllCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "end-all",
        abstract: "End all sessions of a user, a client or an upstream, or that began before a time.",
        discussion: """
            What is given must hold together. Every ended session is in the audit trail. If the command is interrupted, \
            run it again: it ends the rest. To keep the user or the client out as well, use block.
            """
    )

    @Option(name: .long, help: "The user (sub).")
    var user: String?

    @Option(name: .long, help: "The client (client_id).")
    var client: String?

    @Option(name: .long, help: "An upstream: all sessions that use a connection there.")
    var upstream: String?

    @Option(name: .long, help: "A time, such as 2026-01-31T12:00:00Z.")
    var before: String?

    @OptionGroup var management: ManagementArguments

    func validate() throws {
        guard user != nil || client != nil || upstream != nil || before != nil else {
            throw ValidationError("Specify --user, --client, --upstream or --before.")
        }
        if before != nil, seconds == nil {
            throw ValidationError("--before must be a time in UTC, such as 2026-01-31T12:00:00Z.")
        }
    }

    private var seconds: Int64? {
        // The reason why it is no time is in the message already.
        before.flatMap { try? Date($0, strategy: .iso8601) }.map { Int64($0.timeIntervalSince1970) }
    }

    func run() async throws {
        try await management.withClient { management in
            let answer = try await management.post(
                "/admin/end-all",
                [("user", user), ("client", client), ("upstream", upstream), ("before", seconds.map { String($0) })]
            )
            OutputTable.write(answer, asJSON: self.management.json)
        }
    }
}

/// What a block keeps out.
struct BlockArguments: ParsableArguments {
    @Option(name: .long, help: "A user (sub).")
    var user: String?

    @Option(name: .long, help: "A client (client_id).")
    var client: String?

    @Option(name: .long, help: "A host of redirect URIs.")
    var redirectHost: String?

    @Option(name: .long, help: "A host of clients' metadata documents.")
    var documentHost: String?

    @Flag(name: .long, help: "Dynamic registration as a whole.")
    var registration = false

    private var chosen: [(kind: String, value: String)] {
        [("user", user), ("client", client), ("redirect_host", redirectHost), ("document_host", documentHost)]
            .compactMap { kind, value in value.map { (kind, $0) } } + (registration ? [("registration", "")] : [])
    }

    func validate() throws {
        guard chosen.count == 1 else {
            throw ValidationError("Specify one of --user, --client, --redirect-host, --document-host, --registration.")
        }
    }

    var form: [(String, String?)] {
        chosen.first.map { [("kind", $0.kind), ("value", $0.value)] } ?? []
    }
}

/// `gatehouse block`: keeps a user, a client or a host out, or pauses registration.
struct BlockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "block",
        abstract: "Keep out a user, a client or a host, or pause registration; holds through restarts.",
        discussion: "Blocking a user or a client ends its sessions. The command blocks lists what is blocked."
    )

    @OptionGroup var party: BlockArguments
    @OptionGroup var management: ManagementArguments

    func run() async throws {
        try await management.withClient { client in
            OutputTable.write(try await client.post("/admin/block", party.form), asJSON: management.json)
        }
    }
}

/// `gatehouse unblock`: removes a block.
struct UnblockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unblock",
        abstract: "Remove a block; nothing that ended with it returns."
    )

    @OptionGroup var party: BlockArguments
    @OptionGroup var management: ManagementArguments

    func run() async throws {
        try await management.withClient { client in
            OutputTable.write(try await client.post("/admin/unblock", party.form), asJSON: management.json)
        }
    }
}

/// `gatehouse blocks`: lists the blocks.
struct BlocksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "blocks",
        abstract: "List whom and what a running server keeps out."
    )

    @OptionGroup var management: ManagementArguments

    func run() async throws {
        try await management.withClient { client in
            OutputTable.write(
                try await client.get("/admin/blocks"),
                rows: "blocks",
                columns: ["kind", "value", "since"],
                asJSON: management.json
            )
        }
    }
}
