package import AuthorizationServer
import DurableLog
import Glibc
package import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
package import OutboundHTTP
package import ServerConfiguration

/// Provides what a server must not access itself: log, audit file, network client, storage directory.
package struct ServerHost {
    /// The audit trail in the storage directory.
    package static let auditFileName = "audit.log"

    /// What is served, with its secrets.
    package let configuration: Configuration
    /// Writes the log; no line has a secret.
    package let logger: Logger
    /// `nil` when the log is another program's.
    private let log: LineWriter?
    private let audit: LineWriter?
    private let auditKeeper: AuditKeeper?
    private let clients: OutboundClients
    private let acceptedLosses: Set<String>

    /// Sends the server's requests to its providers.
    package var transport: any OutboundTransport { clients.providers }

    /// Opens the configured resources; without `audits` the trail is kept only in memory.
    ///
    /// - Parameters:
    ///   - configuration: The configuration to serve.
    ///   - logLevel: The lowest level of the log.
    ///   - audits: Whether the audit trail is written.
    ///   - acceptedLosses: Damaged files of the storage, by name, whose loss the operator accepts.
    /// - Throws: The error that prevents the start, with a message for the operator.
    package init(
        _ configuration: Configuration,
        logLevel: Logger.Level,
        audits: Bool = true,
        acceptedLosses: Set<String> = []
    ) throws {
        let log = LineWriter(
            AppendingFile(descriptor: STDERR_FILENO, name: "standard error"),
            policy: .drop(notice: { JSONLogHandler.droppedLine($0) })
        )
        let logger = Logger(label: "gatehouse") { JSONLogHandler(label: $0, level: logLevel, writer: log) }
        try self.init(configuration, log: log, logger: logger, audits: audits, acceptedLosses: acceptedLosses)
    }

    /// A host inside another program, whose logger it uses.
    ///
    /// - Throws: The error that prevents the start, with a message for the operator.
    init(_ configuration: Configuration, logger: Logger) throws {
        try self.init(configuration, log: nil, logger: logger, audits: true, acceptedLosses: [])
    }

    private init(
        _ configuration: Configuration,
        log: LineWriter?,
        logger: Logger,
        audits: Bool,
        acceptedLosses: Set<String>
    ) throws {
        self.configuration = configuration
        self.acceptedLosses = acceptedLosses
        // The reader of the log or the audit trail may end: that must not end the server.
        signal(SIGPIPE, SIG_IGN)
        // A file at its limit (RLIMIT_FSIZE) is a failed write like one on a full disk, and does not end the server.
        signal(SIGXFSZ, SIG_IGN)
        self.log = log
        self.logger = logger
        clients = try OutboundClients(configuration.outbound, logger: logger)
        if let directory = configuration.storage.directory {
            let keeper = AuditKeeper(directory: directory, configuration.audit, logger)
            auditKeeper = keeper
            audit = Self.auditWriter(try Self.auditFile(in: directory), configuration.audit, keeper, logger)
        } else {
            auditKeeper = nil
            let output = AppendingFile(descriptor: STDOUT_FILENO, name: "standard output")
            audit = audits ? Self.auditWriter(output, configuration.audit, nil, logger) : nil
        }
    }

    private static func auditFile(in directory: String) throws -> AppendingFile {
        do throws(FileSystemError) {
            try POSIXFileSystem().createDirectory(directory)
            return try AppendingFile(path: directory + "/" + auditFileName)
        } catch {
            throw HostError(description: "storage.directory is unusable: \(error)")
        }
    }

    private static func auditWriter(
        _ file: AppendingFile,
        _ configuration: Configuration.Audit,
        _ keeper: AuditKeeper?,
        _ logger: Logger
    ) -> LineWriter {
        LineWriter(file, policy: LineWriter.Policy(configuration.whenFull), keeper: keeper) { trouble in
            switch trouble {
            case .began(let error):
                logger.error(
                    "the audit trail cannot be written; its lines wait in memory",
                    metadata: ["error": "\(error)"]
                )
            case .ended:
                logger.error("the audit trail is written again")
            }
        }
    }

    /// The server's environment, with the storage opened and locked.
    package func environment() throws -> ServerEnvironment {
        var environment = ServerEnvironment(
            transport: clients.providers,
            auditSink: audit ?? UnboundedAuditSink { _ in },
            logger: logger
        )
        environment.documentTransport = clients.documents
        if let log { environment.droppedLogLineCount = { log.droppedCount } }
        environment.readFile = { try HostFiles().text($0) }
        if let (engine, database) = try ConfiguredDatabase.engine(for: configuration.storage) {
            environment.openState = { [logger] settings in
                try await engine.open(database, settings, logger: logger)
            }
            let wait = DatabaseWait(engine, limit: database.configuration.startWait, logger: logger)
            environment.awaitState = { failure in try await wait.beforeAnotherTry(after: failure) }
        } else {
            environment.storage = try openStorage()
            if let storage = environment.storage { auditKeeper?.seal(with: AuditCheckpointKey(storage.auditKey)) }
        }
        environment.endedSessions = endedSessions(since: environment.storage?.recovery)
        return environment
    }

    /// What the trail says has ended since the last snapshot, which has the earlier endings.
    private func endedSessions(since recovery: RecoveryReport?) -> Set<SessionID> {
        guard let directory = configuration.storage.directory, let recovery else { return [] }
        let taken = Timestamp(secondsSinceEpoch: recovery.snapshot?.creationSeconds ?? 0) - Self.clockTolerance
        do {
            // The files before the present one, too: it may have been begun a moment before the process ended.
            return try AuditTrailEndings.read(
                AuditFiles.paths(in: directory),
                since: taken.rfc3339,
                byteCountMax: Self.trailByteCountMax
            ).sessions
        } catch {
            logger.warning("the audit trail was not compared with the state", metadata: ["error": "\(error)"])
            return []
        }
    }

    /// How much the clock may have been set back between an event and a snapshot.
    private static let clockTolerance = Duration.seconds(600)
    /// As much of the trail as is read in some hundredths of a second.
    private static let trailByteCountMax = 16 << 20

    private func openStorage() throws -> DurableStore? {
        guard let directory = configuration.storage.directory else {
            logger.notice("state is kept in memory only: nothing survives a restart; set storage.directory to keep it")
            return nil
        }
        return try DurableStore.open(
            directory: directory,
            key: try StorageKeySource(configuration.storage),
            options: StorageOptions(
                journal: JournalOptions(policy: configuration.storage.journal.policy),
                acceptedLosses: acceptedLosses,
                companions: AuditFiles.companions(in: directory)
            ),
            logger: logger
        )
    }

    /// Opens the audit file again, under its name, as log rotation asks with SIGHUP.
    ///
    /// When that fails the lines go on to the file that is open, which may have been renamed.
    package func reopenAudit() {
        guard let directory = configuration.storage.directory, let audit else { return }
        do {
            audit.replaceFile(by: try Self.auditFile(in: directory))
        } catch {
            logger.error(
                "the audit trail was not reopened; the file that is open remains in use",
                metadata: ["error": "\(error)"]
            )
        }
    }

    /// Closes the network clients, then writes the remaining lines of log and audit trail.
    package func close() async {
        await clients.shutdown()
        audit?.close()
        log?.close()
    }
}

/// An error that prevents a start, worded for the operator.
package struct HostError: Error, CustomStringConvertible {
    /// What is wrong, and what to do.
    package let description: String

    /// An error with a message.
    package init(description: String) { self.description = description }
}

extension StorageKeySource {
    /// The configured key, or the one beside the data.
    init(_ storage: Configuration.Storage) throws {
        guard let secret = storage.encryptionKey?.value else {
            self = .besideData
            return
        }
        self = .configured(try StorageKey(contents: secret.bytes))
    }
}

extension AuditKeeper {
    /// The keeper of a configured trail.
    convenience init(directory: String, _ configuration: Configuration.Audit, _ logger: Logger) {
        self.init(
            directory: directory,
            rotation: Rotation(
                byteCountMax: configuration.rotationByteCount,
                ageMax: configuration.rotationAge,
                keptCount: configuration.keptFileCount
            ),
            now: { SystemTimeSource().now() },
            report: { logger.error("\($0)") }
        )
    }
}

extension LineWriter.Policy {
    /// The configured policy of the audit trail.
    init(_ whenFull: Configuration.Audit.WhenFull) {
        switch whenFull {
        case .block: self = .keep
        case .dropAndCount: self = .drop { AuditTrail.line(.dropped($0), now: SystemTimeSource().now()) }
        }
    }
}

extension Configuration.Journal {
    /// The journal's policy.
    var policy: JournalPolicy {
        switch self {
        case .always: .always
        case .everySecond: .everySecond
        case .off: .off
        }
    }
}
