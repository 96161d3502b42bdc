import ArgumentParser
import AuthorizationServer
import DurableLog
import FoundationEssentials
import GatehouseHosting
import Glibc
import Logging
import OAuthProtocol
import OAuthState
import ServerConfiguration

/// `gatehouse-postgresql storage`: the state as a whole.
struct StorageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "storage",
        abstract: "Move a server's state between a storage directory and a database.",
        subcommands: [StorageCopyCommand.self]
    )
}

/// `storage copy`: from a directory into a database, or back.
struct StorageCopyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Copy a server's state from a storage directory into a database, or back.",
        discussion: """
            Stop all servers first, and start only those that use the copy. Sessions, clients, users, connections, keys, \
            consents and blocks move: no user has to log in again. Logins in progress and codes do not move. The target \
            must be empty. Nothing changes in the source. The audit trail is not copied.
            """
    )

    @Option(name: .long, help: "The source: a storage directory, or postgresql://USER@HOST:PORT/DATABASE.")
    var from: String

    @Option(name: .long, help: "The target: a storage directory, or postgresql://USER@HOST:PORT/DATABASE.")
    var to: String

    @Option(name: .long, help: "The file of the storage key of both.")
    var keyFile: String

    @Option(name: .long, help: "The file of the directory's storage key, if it is another one.")
    var directoryKeyFile: String?

    @Option(name: .long, help: "The file with the password of the database's user.")
    var passwordFile: String?

    @Option(name: .long, help: "A PEM bundle of the authorities that may certify the database's server.")
    var caFile: String?

    func validate() throws {
        guard Self.isDatabase(from) != Self.isDatabase(to) else {
            throw ValidationError("Specify one directory and one database with --from and --to.")
        }
        if let objection = Configuration.PostgreSQL.urlObjection(Self.isDatabase(from) ? from : to) {
            throw ValidationError("The address of the database \(objection).")
        }
    }

    private static func isDatabase(_ place: String) -> Bool {
        ["postgresql://", "postgres://"].contains { place.lowercased().hasPrefix($0) }
    }

    func run() async throws {
        let log = LineWriter(
            AppendingFile(descriptor: STDERR_FILENO, name: "standard error"),
            policy: .drop(notice: { JSONLogHandler.droppedLine($0) })
        )
        let logger = Logger(label: "gatehouse") { JSONLogHandler(label: $0, level: .warning, writer: log) }
        defer { log.close() }
        do {
            guard let engine = DatabaseEngines.current else {
                throw HostError(description: "this program is for one node; use gatehouse-postgresql")
            }
            let counts =
                Self.isDatabase(from)
                ? try await copyFromDatabase(engine, logger) : try await copyToDatabase(engine, logger)
            Console.write(
                """
                copied \(counts.sessions) sessions, \(counts.clients) clients, \(counts.users) users, \
                \(counts.connections) connections, \(counts.consents) consents
                """
            )
        } catch {
            Console.writeError("gatehouse storage: \(error)")
            throw ExitCode.failure
        }
    }

    private func copyToDatabase(_ engine: any DatabaseEngine, _ logger: Logger) async throws -> StoreCounts {
        guard FileManager.default.fileExists(atPath: from) else {
            throw HostError(description: "the storage directory \(from) does not exist")
        }
        let storage = try await directory(from, logger)
        try await engine.write(storage.memory, to: try database(to), logger: logger)
        let counts = await storage.memory.counts()
        try await storage.close()
        return counts
    }

    private func copyFromDatabase(_ engine: any DatabaseEngine, _ logger: Logger) async throws -> StoreCounts {
        try requireEmptyDirectory()
        let database = try database(from)
        let storage = try await directory(to, logger)
        try await engine.read(database, into: storage.memory, logger: logger)
        try await storage.writeSnapshot(now: SystemTimeSource().now())
        let counts = await storage.memory.counts()
        try await storage.close()
        return counts
    }

    // Audit files may be there: a server that was started here before has written them.
    private func requireEmptyDirectory() throws {
        guard FileManager.default.fileExists(atPath: to) else { return }
        let allowed = Set(AuditFiles.names(in: to)).union(["lost+found"])
        let others = try FileManager.default.contentsOfDirectory(atPath: to).filter { !allowed.contains($0) }
        guard others.isEmpty else {
            throw HostError(description: "the storage directory \(to) is not empty; specify a new one")
        }
    }

    private func directory(_ path: String, _ logger: Logger) async throws -> MemoryStorage {
        let key = try StorageArguments.readKey(file: directoryKeyFile ?? keyFile)
        let store = try DurableStore.open(
            directory: StorageArguments.resolvingLinks(path),
            key: .configured(key),
            logger: logger
        )
        return try await MemoryStorage(StoreSettings(), directory: store, journal: store.journal)
    }

    // An editor ends a file with a line break.
    private static func trimmed(_ text: String) -> String {
        let rest = text.drop { $0.isWhitespace }
        return String(rest.reversed().drop { $0.isWhitespace }.reversed())
    }

    private func database(_ address: String) throws -> ConfiguredDatabase {
        var configuration = Configuration.PostgreSQL(url: address)
        configuration.caFile = caFile
        let password = try passwordFile.map { Self.trimmed(try HostFiles().text($0)) }
        return ConfiguredDatabase(
            configuration,
            password: password,
            key: try StorageArguments.readKey(file: keyFile)
        )
    }
}
