import ArgumentParser
import DurableLog
import FoundationEssentials
import GatehouseHosting
import OAuthProtocol
import ServerConfiguration

/// `gatehouse audit`: the audit trail of a server.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Print the last events of a running server's audit trail, or verify its files.",
        subcommands: [AuditTailCommand.self, AuditVerifyCommand.self],
        defaultSubcommand: AuditTailCommand.self
    )
}

/// `gatehouse audit`, without a further word: the last events.
struct AuditTailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Print the last events of a running server's audit trail, as JSON lines."
    )

    @Option(name: .long, help: "How many events, at most 1000.")
    var count = 100

    @OptionGroup var management: ManagementArguments

    func run() async throws {
        try await management.withClient { client in
            for line in try await client.lines("/admin/audit", [("count", String(count))]) { Console.write(line) }
        }
    }
}

/// `gatehouse audit verify`: whether the lines of audit files are those that were written.
struct AuditVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Follow the chain of an audit trail and name the first line that breaks it.",
        discussion: """
            Each line has the hash of the line before it, and checkpoints have a code that only the storage key makes. \
            Without files, those of the configured storage directory are read. Without a key the checkpoints are not \
            checked. Lines of versions before the chain are counted. Exits with 1 if a line is broken or none is linked.
            """
    )

    @Argument(help: "The files, oldest first; - is standard input.")
    var files: [String] = []

    @Option(name: .long, help: "The path of the server's YAML file, which names the storage directory and the key.")
    var config: String?

    @Option(name: .long, help: "A file with the storage key; may be repeated for keys before snapshot rekey.")
    var keyFile: [String] = []

    @Flag(name: .long, help: "Exit with 1 also if the first line continues a line that was not given.")
    var complete = false

    @Flag(name: .long, help: "Print JSON.")
    var json = false

    func validate() throws {
        guard config != nil || !files.isEmpty else { throw ValidationError("Specify files or --config.") }
    }

    func run() async throws {
        do {
            let storage = try config.map { path in
                try ConfigurationLoader(environment: ProcessInfo.processInfo.environment).load(path: path).storage
            }
            let keys = try keys(storage)
            var verification = AuditVerification(keys: keys)
            for path in try paths(storage) {
                var number = 0
                try AuditFile(path: path).forEachLine { line in
                    number += 1
                    verification.add(line, at: AuditVerification.Place(file: path, line: number))
                }
            }
            verification.end()
            try report(verification, isKeyed: !keys.isEmpty)
        } catch let errors as ConfigurationErrors {
            for error in errors.errors { Console.writeError("\(error)") }
            throw ExitCode.failure
        } catch let exit as ExitCode {
            throw exit
        } catch {
            Console.writeError("gatehouse: the audit trail cannot be verified: \(error)")
            throw ExitCode.failure
        }
    }

    private func paths(_ storage: Configuration.Storage?) throws -> [String] {
        guard files.isEmpty else { return files }
        guard let directory = storage?.directory else {
            throw HostError(description: "the configuration has no storage.directory: name the files")
        }
        return AuditFiles.paths(in: directory)
    }

    private func keys(_ storage: Configuration.Storage?) throws -> [AuditCheckpointKey] {
        var keys = try keyFile.map { try StorageArguments.readKey(file: $0) }
        if let secret = storage?.encryptionKey?.value {
            keys.append(try StorageKey(contents: secret.bytes))
        } else if let directory = storage?.directory, keyFile.isEmpty {
            keys.append(try StorageArguments.readKey(file: directory + "/master.key"))
        }
        return keys.map { AuditCheckpointKey($0.auditKey) }
    }

    private func report(_ verification: AuditVerification, isKeyed: Bool) throws {
        var finding = verification.finding.map { "\($0.place): \($0.reason)" }
        if finding == nil, verification.linkedCount == 0 { finding = "no line is linked: nothing is verified" }
        if finding == nil, complete, verification.continuesEarlierFile {
            finding = "the first line continues a line that was not given"
        }
        var json: JSONObject = [
            "lines": .integer(verification.lineCount), "before_the_chain": .integer(verification.earlierCount),
            "linked": .integer(verification.linkedCount), "unfinished": .integer(verification.tornCount),
            "checkpoints": .integer(verification.checkpointCount), "checkpoints_checked": .bool(isKeyed),
            "after_last_checkpoint": .integer(verification.uncoveredCount),
            "continues_earlier_file": .bool(verification.continuesEarlierFile),
        ]
        if let finding { json["broken"] = .string(finding) }
        OutputTable.write(json, asJSON: self.json)
        guard let finding else { return }
        Console.writeError("gatehouse: \(finding)")
        throw ExitCode.failure
    }
}
