import ArgumentParser
import OAuthProtocol
import ServerConfiguration

/// `gatehouse connections`: lists the connections of a user or at an upstream, or ends one of them or all at an
/// upstream.
struct ConnectionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connections",
        abstract: "List the connections of a user or at an upstream, or end them here and at the provider.",
        discussion: """
            After an incident at a provider, --upstream NAME --end-all ends every connection there. The name may be one \
            that is no longer configured. If the command is interrupted, run it again: it ends the rest.
            """
    )

    @Option(name: .long, help: "The user (sub) whose connections are listed.")
    var user: String?

    @Option(name: .long, help: "The upstream whose connections are listed, those of all users.")
    var upstream: String?

    @Option(name: .long, help: "The id of a connection to end.")
    var end: String?

    @Flag(name: .long, help: "End every connection at the upstream.")
    var endAll = false

    @OptionGroup var page: PageArguments
    @OptionGroup var management: ManagementArguments

    func validate() throws {
        guard [user, upstream, end].count(where: { $0 != nil }) == 1 else {
            throw ValidationError("Specify one of --user, --upstream and --end.")
        }
        if endAll, upstream == nil { throw ValidationError("--end-all needs --upstream.") }
        let isPage = page.after != nil || page.limit != nil
        if isPage, upstream == nil || endAll {
            throw ValidationError("--after and --limit are for the list of --upstream.")
        }
        // Another text would be another path, and so another verb.
        if let upstream, upstream.isEmpty || ConfigurationRules.upstreamNameObjection(upstream) != nil {
            throw ValidationError("--upstream must be a name: lower-case letters, digits and inner hyphens.")
        }
    }

    func run() async throws {
        try await management.withClient { client in
            if let end {
                return OutputTable.write(try await client.delete("/admin/connections/\(end)"), asJSON: management.json)
            }
            guard let upstream else {
                return write(try await client.get("/admin/users/\(user ?? "")/connections"), isUsers: true)
            }
            let path = "/admin/upstreams/\(upstream)/connections"
            guard endAll else { return write(try await client.get(path, page.query), isUsers: false) }
            OutputTable.write(try await Self.endAll(path, client), asJSON: management.json)
        }
    }

    private func write(_ answer: JSONObject, isUsers: Bool) {
        let columns = ["id", isUsers ? "upstream" : "user", "account", "status", "scope"]
        OutputTable.write(answer, rows: "connections", columns: columns, asJSON: management.json)
    }

    /// Repeats the request, which ends a bounded number of connections, until none remains; the answer has the sum.
    private static func endAll(_ path: String, _ client: ManagementClient) async throws -> JSONObject {
        var ended = 0
        while true {
            var answer = try await client.delete(path)
            ended += answer["ended"]?.integerValue ?? 0
            guard answer["remaining"]?.boolValue == true else {
                answer["ended"] = .integer(ended)
                return answer
            }
        }
    }
}
