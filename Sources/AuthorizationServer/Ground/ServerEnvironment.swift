package import DurableLog
package import Logging
package import OAuthProtocol
package import OAuthState
package import OpenSSLCrypto
package import OutboundHTTP
package import ServerConfiguration
package import SocketHTTP

/// What a server needs from outside and must not access itself: time, randomness, network, disk, log.
package struct ServerEnvironment: Sendable {
    /// The wall clock.
    package var timeSource: any TimeSource
    /// The clock for measuring durations.
    package var clock: any ElapsedTimeSource
    /// The source of secrets.
    package var random: any RandomSource
    /// Creates signing keys; a test may supply existing ones, because RSA keys take long.
    package var makeKey: @Sendable (SignatureAlgorithm) throws(CryptoError) -> PrivateKey = {
        algorithm throws(CryptoError) in
        try PrivateKey.generate(algorithm)
    }
    /// Sends requests to upstream providers.
    package var transport: any OutboundTransport
    /// Sends requests to the hosts that clients name: their metadata documents and key sets; `nil` for ``transport``.
    ///
    /// A server that strangers reach needs one of its own, with connections, name look-ups and queues that
    /// ``transport`` does not use: slow hosts of strangers must not delay logins (S-01).
    package var documentTransport: (any OutboundTransport)?
    /// The storage directory, already opened; `nil` for memory only.
    package var storage: DurableStore?
    /// The journal of a server without storage; a test passes one that fails on command.
    package var journal: any ChangeJournal = VolatileJournal()
    /// Sessions that the audit trail says have ended since the state's last snapshot.
    ///
    /// None of them is alive, unless somebody put older files of the storage back.
    package var endedSessions: Set<SessionID> = []
    /// Opens another storage of the state than memory, journal and snapshots; ``storage`` and ``journal`` are then
    /// unused.
    package var openState: (@Sendable (StoreSettings) async throws -> any StateStorage)?
    /// Waits before a start on ``openState`` is tried again, or throws what ends it; `nil` for one try only.
    package var awaitState: (@Sendable (_ failure: any Error) async throws -> Void)?
    /// Reads a configured file, at start and whenever the operator requests it; it may block.
    package var readFile: @Sendable (_ path: String) throws -> String = { throw UnreadableFile(path: $0) }
    /// Reads the secrets of the configuration again, at the operator's request; it may block.
    ///
    /// With `nil` they never change.
    package var readSecrets: (@Sendable () throws -> Configuration)?
    /// Reads the whole configuration again, with its secrets; it may block, and throws what is wrong with it.
    ///
    /// With `nil` a reload reads certificates, keys and secrets only.
    package var readConfiguration: (@Sendable () throws -> Configuration)?
    /// Whether a reload may add upstreams, and remove some, while those in both configurations are the same.
    ///
    /// A test's server does that; elsewhere a change of upstreams needs a restart.
    package var reloadsUpstreams = false
    /// Receives the audit trail, line by line.
    package var auditSink: any AuditSink
    /// The log.
    package var logger: Logger
    /// Log lines that its writer has dropped since the start, for metrics.
    package var droppedLogLineCount: @Sendable () -> Int = { 0 }
    /// Bounds of the stores.
    package var storeLimits = StoreLimits()
    /// Ports that were reserved for the listeners of the configuration, in their order.
    package var reservations: [PortReservation] = []
    /// Where the root of the issuer's host leads a browser; `nil` for a root that is not found.
    package var frontPage: String?
    /// Whether maintenance runs on its timer; a test that examines single turns performs them itself.
    package var maintainsOnTimer = true
    /// The users who need no token on the management socket: root and the server's own.
    package var localAdministrators: Set<UInt32> = [0, PeerUser.own]
    /// Makes the spans of this server; `nil` without `tracing`.
    ///
    /// The start sets it (``adoptTracing(_:work:)``).
    private(set) var tracer: Tracer?
    /// How many event loops; `nil` for one per core.
    package var eventLoopCount: Int?

    /// An environment without storage.
    package init(
        timeSource: any TimeSource = SystemTimeSource(),
        clock: any ElapsedTimeSource = SystemElapsedTimeSource(),
        random: any RandomSource = SystemRandomSource(),
        transport: any OutboundTransport,
        storage: DurableStore? = nil,
        auditSink: any AuditSink,
        logger: Logger
    ) {
        self.timeSource = timeSource
        self.clock = clock
        self.random = random
        self.transport = transport
        self.storage = storage
        self.auditSink = auditSink
        self.logger = logger
    }
}

extension ServerEnvironment {
    /// The storage of the state, with its earlier contents.
    func state(_ settings: StoreSettings) async throws -> any StateStorage {
        if let openState { return try await openState(settings) }
        let (storage, journal, tracer) = (storage, journal, tracer)
        return try await MemoryStorage(settings, directory: storage, journal: journal) { journal in
            tracer.map { TracedJournal(journal: journal, tracer: $0) } ?? journal
        }
    }
}

extension ServerEnvironment {
    /// Traces requests to others and waits for the journal from now on, if the configuration names a collector.
    mutating func adoptTracing(_ configuration: Configuration, work: BackgroundWork) {
        let otlp = configuration.tracing.otlp
        guard let endpoint = otlp.endpoint else { return }
        let exporter = SpanExporter(
            destination: SpanExporter.Destination(
                url: endpoint,
                headerFields: otlp.headers.compactMap { header in header.value?.value.map { (header.name, $0.text) } },
                resource: [
                    ("service.name", .text("gatehouse")), ("gatehouse.issuer", .text(configuration.issuer.text)),
                ]
            ),
            // Not traced itself.
            transport: transport,
            work: work,
            logger: logger
        )
        let tracer = Tracer(
            exporter: exporter,
            share: otlp.share,
            timeSource: timeSource,
            clock: clock,
            random: random
        )
        transport = TracedTransport(transport: transport, tracer: tracer)
        documentTransport = documentTransport.map { TracedTransport(transport: $0, tracer: tracer) }
        self.tracer = tracer
    }
}

/// This server was given no way to read files.
struct UnreadableFile: Error, CustomStringConvertible {
    let path: String
    var description: String { "\(path) cannot be read in this environment" }
}

/// The system's wall clock.
package struct SystemTimeSource: TimeSource {
    /// The system's wall clock.
    package init() {}

    package func now() -> Timestamp {
        Timestamp(millisecondsSinceEpoch: WallClock.unixMilliseconds())
    }
}

/// The system's monotonic clock.
package struct SystemElapsedTimeSource: ElapsedTimeSource {
    /// The system's monotonic clock.
    package init() {}

    package func nanoseconds() -> Int64 {
        WallClock.monotonicNanoseconds()
    }
}
