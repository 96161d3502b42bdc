import Glibc
package import Logging
import Synchronization

/// An HTTP/1.1 server: listeners and event loops around one responder.
package final class HTTPServer: Sendable {
    /// The loops; start a task with one of them as its executor preference to stay on its thread.
    package let eventLoops: [EventLoop]
    private let configuration: ServerConfiguration
    private let services: [ServerShard]
    private let occupancy: Occupancy
    private let logger: Logger
    private let ownsLoops: Bool
    private let tlsSources = Mutex<[TLSContextSource]>([])
    private let unixSocket = Mutex<UnixListeningSocket?>(nil)
    private let state = Mutex(State.new)

    private enum State {
        case new
        case running
        case stopped
    }

    /// Makes a server; nothing is opened before `start()`.
    ///
    /// - Parameters:
    ///   - configuration: Where to listen, and the bounds.
    ///   - responder: What answers the requests.
    ///   - logger: Receives refusals and failures.
    ///   - eventLoops: Running loops to share with another server; by default the server has its own.
    ///   - unixTime: The seconds since 1970 for `Date` fields.
    /// - Throws: `SocketError` when the loops cannot be made.
    package init(
        configuration: ServerConfiguration,
        responder: any RequestResponder,
        logger: Logger,
        eventLoops: [EventLoop]? = nil,
        unixTime: @escaping @Sendable () -> Int64 = { WallClock.unixMilliseconds() / 1_000 }
    ) throws(SocketError) {
        self.configuration = configuration
        self.logger = logger
        ownsLoops = eventLoops == nil
        var loops = eventLoops ?? []
        if eventLoops == nil {
            let cores = Int(sysconf(CInt(_SC_NPROCESSORS_ONLN)))
            for index in 0..<max(configuration.eventLoopCount ?? cores, 1) {
                loops.append(try EventLoop(name: "loop-\(index)"))
            }
        }
        precondition(!loops.isEmpty, "a server needs an event loop")
        self.eventLoops = loops
        let settings = ServerShard.Settings(configuration)
        let occupancy = Occupancy(configuration)
        self.occupancy = occupancy
        services = loops.map { loop in
            ServerShard(
                loop: loop,
                settings: settings,
                responder: responder,
                occupancy: occupancy,
                budget: configuration.requestBudget,
                logger: logger,
                unixTime: unixTime
            )
        }
    }

    /// Opens the listeners and starts serving.
    ///
    /// - Returns: The bound addresses in the configuration's order, with the ports that the kernel chose.
    /// - Throws: `SocketError` when an address cannot be bound, `TLSError` when a certificate or key cannot be read.
    package func start() async throws -> [SocketAddress] {
        state.withLock { state in
            precondition(state == .new, "a server can be started once only")
            state = .running
        }
        do {
            return try open()
        } catch {
            state.withLock { $0 = .stopped }
            throw error
        }
    }

    private func open() throws -> [SocketAddress] {
        let sources = try configuration.listeners.map { listener in
            try listener.tls.map { try TLSContextSource($0) }
        }
        tlsSources.withLock { $0 = sources.compactMap(\.self) }
        var opened: [(address: SocketAddress, descriptors: [CInt])] = []
        do {
            for listener in configuration.listeners {
                opened.append(
                    try ListeningSocket.open(
                        listener.address,
                        isReserved: listener.reservation != nil,
                        count: services.count
                    )
                )
            }
            // Last, because it leaves a file behind.
            let local = try configuration.unixSocket.map { path in try UnixListeningSocket.open(path) }
            unixSocket.withLock { $0 = local }
            if ownsLoops {
                for loop in eventLoops { try loop.start() }
            }
        } catch {
            if let local = takeUnixSocket() { close(local.descriptor) }
            for descriptor in opened.flatMap(\.descriptors) { close(descriptor) }
            throw error
        }
        for (index, service) in services.enumerated() {
            for (socket, source) in zip(opened, sources) {
                let descriptor = socket.descriptors[index]
                service.loop.submit { service.listen(on: descriptor, tls: source) }
            }
        }
        // One descriptor cannot be shared out as ports are; an operator's requests are few.
        if let local = unixSocket.withLock({ $0 }), let service = services.first {
            service.loop.submit { service.listen(on: local.descriptor, tls: nil, isLocal: true) }
        }
        return opened.map(\.address)
    }

    /// Removes the socket's file and forgets the socket.
    private func takeUnixSocket() -> UnixListeningSocket? {
        let local = unixSocket.withLock { $0.take() }
        local?.remove()
        return local
    }

    /// Stops accepting, lets requests in progress finish within the grace period, then closes the remaining
    /// connections.
    package func shutdown(gracePeriod: Duration) async {
        let wasRunning = state.withLock { state in
            defer { state = .stopped }
            return state == .running
        }
        guard wasRunning else { return }
        await drainServices(gracePeriod)
        if ownsLoops {
            for loop in eventLoops { loop.stop() }
        }
    }

    /// The first part of a shutdown: every connection is closed, while other servers on the same loops continue.
    package func drain(gracePeriod: Duration) async {
        // The loops of a server that was shut down run no work.
        guard state.withLock({ $0 == .running }) else { return }
        await drainServices(gracePeriod)
    }

    private func drainServices(_ gracePeriod: Duration) async {
        // No further client finds it; the loop closes the descriptor after it has accepted those that did.
        _ = takeUnixSocket()
        await withTaskGroup { group in
            for service in services {
                group.addTask { await service.drain(gracePeriod: gracePeriod) }
            }
        }
    }

    /// Reads the certificate and key files again; new connections use them.
    ///
    /// - Throws: `TLSError` when a file cannot be used; all listeners then keep their certificates.
    package func reloadTLS() throws {
        let sources = tlsSources.withLock { $0 }
        let contexts = try sources.map { try $0.load() }
        for (source, context) in zip(sources, contexts) { source.use(context) }
    }

    /// The counters of all loops, added up.
    package var counters: ServerCounters {
        var counters = ServerCounters()
        for service in services { service.counters.add(to: &counters) }
        counters.openConnections = occupancy.count
        counters.heldRequestBytes = configuration.requestBudget.heldBytes
        return counters
    }
}
