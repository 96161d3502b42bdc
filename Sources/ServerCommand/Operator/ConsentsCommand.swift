import ArgumentParser
import OAuthProtocol

/// `gatehouse consents`: lists remembered approvals, or withdraws those of a user or a client.
struct ConsentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consents",
        abstract: "List the remembered approvals of a running server, or withdraw those of a user or a client.",
        discussion: "A withdrawn approval is asked for again. Sessions go on; to end them, use end-all."
    )

    @Option(name: .long, help: "Only approvals of this user (sub).")
    var user: String?

    @Option(name: .long, help: "Only approvals of this client (client_id).")
    var client: String?

    @Flag(name: .long, help: "Withdraw them.")
    var withdraw = false

    @OptionGroup var page: PageArguments
    @OptionGroup var management: ManagementArguments

    func validate() throws {
        if withdraw, user == nil, client == nil { throw ValidationError("--withdraw needs --user or --client.") }
    }

    func run() async throws {
        try await management.withClient { management in
            let query: [(String, String?)] = [("user", user), ("client", client)]
            if withdraw {
                let answer = try await management.delete("/admin/consents", query)
                return OutputTable.write(answer, asJSON: self.management.json)
            }
            OutputTable.write(
                try await management.get("/admin/consents", query + page.query),
                rows: "consents",
                columns: ["sub", "client_id", "destination", "resource", "scope", "given_at", "expires_at"],
                asJSON: self.management.json
            )
        }
    }
}
