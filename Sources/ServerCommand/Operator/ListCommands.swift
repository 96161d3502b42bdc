import ArgumentParser
import OAuthProtocol

/// Which page of a list.
struct PageArguments: ParsableArguments {
    @Option(name: .long, help: "Begin after this id, as the last line of the page before says.")
    var after: String?

    @Option(name: .long, help: "The most rows, 1 to 1000.")
    var limit: Int?

    var query: [(String, String?)] { [("after", after), ("limit", limit.map(String.init))] }
}

/// `gatehouse status`: how large the tables are, and whether the server takes changes.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the state of a running server, and how many users, sessions and clients it has."
    )

    @OptionGroup var management: ManagementArguments

    func run() async throws {
        try await management.withClient { client in
            OutputTable.write(try await client.get("/admin/status"), asJSON: management.json)
        }
    }
}

/// `gatehouse users`: lists users.
struct UsersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "users",
        abstract: "List the users of a running server, or end one's logins with browsers."
    )

    @Argument(help: "A part of the name or the verified address; with --sign-out the user's id (sub).")
    var text: String?

    @Flag(name: .long, help: "End all of the user's logins with browsers; sessions of applications go on.")
    var signOut = false

    @OptionGroup var page: PageArguments
    @OptionGroup var management: ManagementArguments

    func validate() throws {
        if signOut, text == nil { throw ValidationError("give the id (sub) of the user to sign out") }
    }

    func run() async throws {
        try await management.withClient { client in
            if signOut, let text {
                let path = "/admin/users/\(text)/sign-out"
                return OutputTable.write(try await client.post(path, []), asJSON: management.json)
            }
            OutputTable.write(
                try await client.get("/admin/users", [("text", text)] + page.query),
                rows: "users",
                columns: ["sub", "name", "email", "sessions", "connections", "blocked", "created_at"],
                asJSON: management.json
            )
        }
    }
}

/// `gatehouse sessions`: lists, shows and ends sessions.
struct SessionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions",
        abstract: "List the live sessions of a running server, or show or end one.",
        discussion: "To end many, use end-all."
    )

    @Argument(help: "The id (tsid) of a session to show.")
    var tsid: String?

    @Option(name: .long, help: "Only sessions of this user (sub).")
    var user: String?

    @Option(name: .long, help: "Only sessions of this client (client_id).")
    var client: String?

    @Option(name: .long, help: "Only sessions for this resource.")
    var resource: String?

    @Flag(name: .long, help: "End the session: none of its tokens is accepted any longer.")
    var end = false

    @OptionGroup var page: PageArguments
    @OptionGroup var management: ManagementArguments

    func validate() throws {
        if end, tsid == nil { throw ValidationError("--end needs the id of a session; to end many, use end-all.") }
    }

    func run() async throws {
        try await management.withClient { management in
            if let tsid {
                let path = "/admin/sessions/\(tsid)"
                let answer = try await end ? management.delete(path) : management.get(path)
                return OutputTable.write(answer, asJSON: self.management.json)
            }
            OutputTable.write(
                try await management.get(
                    "/admin/sessions",
                    [("user", user), ("client", client), ("resource", resource)] + page.query
                ),
                rows: "sessions",
                columns: ["tsid", "sub", "client_id", "resource", "scope", "refreshed_at", "expires_at"],
                asJSON: self.management.json
            )
        }
    }
}

/// `gatehouse clients`: lists, shows and removes clients.
struct ClientsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clients",
        abstract: "List the clients that registered themselves or are known by their documents, or show or remove one."
    )

    @Argument(help: "The client_id of a client to show.")
    var id: String?

    @Flag(name: .long, help: "Remove the client and end its sessions; it may register again unless it is blocked.")
    var remove = false

    @OptionGroup var page: PageArguments
    @OptionGroup var management: ManagementArguments

    func validate() throws {
        if remove, id == nil { throw ValidationError("--remove needs the client_id.") }
    }

    func run() async throws {
        try await management.withClient { client in
            if let id {
                let query: [(String, String?)] = [("id", id)]
                let answer =
                    try await remove ? client.delete("/admin/clients", query) : client.get("/admin/clients", query)
                return OutputTable.write(answer, asJSON: management.json)
            }
            OutputTable.write(
                try await client.get("/admin/clients", page.query),
                rows: "clients",
                columns: ["client_id", "kind", "client_name", "redirect_uris", "blocked", "last_used_at"],
                asJSON: management.json
            )
        }
    }
}

/// `gatehouse keys`: lists the signing keys, or withdraws one.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "List the signing keys of a running server, make others current, or withdraw a compromised one.",
        discussion: """
            A withdrawn key is no longer published, and nothing that it signed is accepted here. Resource servers that \
            verify tokens themselves accept them until they read the key set again: at most an hour.
            """
    )

    @Option(name: .long, help: "The kid of a key to withdraw; if it signs, the next key becomes current first.")
    var withdraw: String?

    @Flag(name: .long, help: "Make the next signing keys current; refused while verifiers may not know them yet.")
    var rotate = false

    @Flag(
        name: .long,
        help: "With --rotate: at once, although verifiers may refuse tokens until they read the keys again."
    )
    var force = false

    @Flag(name: .long, help: "Seal upstream tokens with a new key from now on, and reseal the stored ones.")
    var rotateVault = false

    @OptionGroup var management: ManagementArguments

    func validate() throws {
        guard [withdraw != nil, rotate, rotateVault].filter(\.self).count <= 1 else {
            throw ValidationError("give one of --withdraw, --rotate and --rotate-vault")
        }
        if force, !rotate { throw ValidationError("--force needs --rotate") }
    }

    func run() async throws {
        try await management.withClient { client in
            if rotate || rotateVault {
                let path = rotateVault ? "/admin/vault-key/rotate" : "/admin/keys/rotate" + (force ? "?force=true" : "")
                return OutputTable.write(try await client.post(path, []), asJSON: management.json)
            }
            if let withdraw {
                return OutputTable.write(try await client.delete("/admin/keys/\(withdraw)"), asJSON: management.json)
            }
            OutputTable.write(
                try await client.get("/admin/keys"),
                rows: "keys",
                columns: ["kid", "alg", "use", "state", "published_at", "active_since", "retired_at"],
                asJSON: management.json
            )
        }
    }
}
