import ArgumentParser
import DurableLog
import FoundationEssentials
import GatehouseHosting
import Glibc
import Logging
import ServerConfiguration

/// `gatehouse-postgresql database`: the tables of the configured database.
struct DatabaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "database",
        abstract: "Show and change the version of the database's tables.",
        subcommands: [DatabaseStatusCommand.self, DatabaseMigrateCommand.self]
    )
}

/// `database status`: whether the tables are those of this program.
struct DatabaseStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the version of the tables.",
        discussion: "Exits with 1 if the tables are older or newer than this program's, or cannot be read."
    )

    @OptionGroup var arguments: DatabaseArguments

    func run() async throws {
        try await arguments.withDatabase { engine, database, logger in
            let versions = try await engine.versions(database, logger: logger)
            Console.write("the tables have version \(versions.found); this program knows version \(versions.known)")
            guard versions.found == versions.known else { throw ExitCode.failure }
        }
    }
}

/// `database migrate`: makes the tables that are missing.
struct DatabaseMigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Bring the tables to the version of this program.",
        discussion: """
            A start does the same. Run it before, as a user who may create tables, where the servers' own user may not.
            """
    )

    @OptionGroup var arguments: DatabaseArguments

    func run() async throws {
        try await arguments.withDatabase { engine, database, logger in
            let made = try await engine.migrate(database, logger: logger)
            guard let last = made.last else { return Console.write("nothing to do") }
            Console.write("the tables have version \(last) now")
        }
    }
}

/// Which database.
struct DatabaseArguments: ParsableArguments {
    @Option(name: .long, help: "The path of the YAML file.")
    var config: String

    /// Runs the work with the configured database; what goes wrong is written for the operator.
    func withDatabase(
        _ work: (any DatabaseEngine, ConfiguredDatabase, Logger) async throws -> Void
    ) async throws {
        let loaded: Configuration
        do throws(ConfigurationErrors) {
            loaded = try ConfigurationLoader(environment: ProcessInfo.processInfo.environment).load(path: config)
        } catch {
            for error in error.errors { Console.writeError("\(error)") }
            throw ExitCode.failure
        }
        let log = LineWriter(
            AppendingFile(descriptor: STDERR_FILENO, name: "standard error"),
            policy: .drop(notice: { JSONLogHandler.droppedLine($0) })
        )
        let logger = Logger(label: "gatehouse") { JSONLogHandler(label: $0, level: .notice, writer: log) }
        defer { log.close() }
        do {
            guard let (engine, database) = try ConfiguredDatabase.engine(for: loaded.storage) else {
                throw HostError(description: "the configuration has no storage.postgresql")
            }
            try await work(engine, database, logger)
        } catch let code as ExitCode {
            throw code
        } catch {
            Console.writeError("\(error)")
            throw ExitCode.failure
        }
    }
}
