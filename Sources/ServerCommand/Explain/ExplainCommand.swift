import ArgumentParser
import FoundationEssentials
import GatehouseHosting
import ServerConfiguration

/// `gatehouse explain`: what happened to a session, token, client, user or request, and why a login was needed again.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Tell what happened to a session, token, client, user or request, why it ended, and what to do.",
        discussion: """
            ID is a tsid, jti, client_id, sub, connection, account, or the reference on an error page (request_id). Reads \
            the audit trail, also beside a running server; - is standard input, such as the output of gatehouse audit. \
            gatehouse users NAME finds the sub of a person.
            """
    )

    @Argument(help: "A tsid, jti, client_id, sub, connection, account or request_id.")
    var id: String

    @Option(name: .long, help: "The path of the server's YAML file, whose storage directory has the audit trail.")
    var config: String?

    @Option(
        name: .long,
        help: "The audit trail instead, oldest first; may be repeated for rotated files; - is standard input."
    )
    var audit: [String] = []

    func validate() throws {
        guard (config == nil) != audit.isEmpty else { throw ValidationError("Specify --config or --audit.") }
        if id.isEmpty { throw ValidationError("The id is empty.") }
    }

    func run() async throws {
        do {
            let files = try paths().map(AuditFile.init)
            // Twice, because a trail may be larger than the memory: what the id leads to is known after the first time.
            let direct = try files.flatMap { try $0.entries(containing: [id]) }
            let links = AuditTimeline.Links(id, direct.filter { $0.mentions(id) })
            let trail = try files.flatMap { try $0.entries(containing: links.texts.union([id])) }
            let timeline = AuditTimeline(id, in: trail)
            for line in timeline.lines { Console.write(line) }
            if timeline.entries.isEmpty { throw ExitCode.failure }
        } catch let errors as ConfigurationErrors {
            for error in errors.errors { Console.writeError("\(error)") }
            throw ExitCode.failure
        } catch let exit as ExitCode {
            throw exit
        } catch {
            Console.writeError("gatehouse: the audit trail cannot be read: \(error)")
            throw ExitCode.failure
        }
    }

    private func paths() throws -> [String] {
        guard let config else { return audit }
        let loaded = try ConfigurationLoader(environment: ProcessInfo.processInfo.environment).load(path: config)
        guard let directory = loaded.storage.directory else {
            throw HostError(description: "the configuration has no storage.directory: the trail is on standard output")
        }
        return AuditFiles.paths(in: directory)
    }
}
