import Logging
import SocketHTTP
import Synchronization

/// The provider's HTTP server, which can break connections off in the middle of a request.
///
/// The engine answers every request. To lose an answer, the server is replaced by another one on the same port, and the
/// old one is stopped without grace. That closes every current connection, as a crash of the provider would.
final class ConnectionControl: Sendable {
    private struct State {
        var server: HTTPServer?
        var responder: ProviderResponder?
        /// How many servers there have been, so that a request knows whether its own is being stopped already.
        var generation = 0
        var isReplacing = false
        var stopping: [Task<Void, Never>] = []
    }

    let address: SocketAddress
    private let reservation: PortReservation
    private let loop: EventLoop
    private let logger: Logger
    private let state = Mutex(State())

    /// Reserves the port, so that the issuer is known before anything is served.
    init(address: SocketAddress, logger: Logger) throws(SocketError) {
        reservation = try PortReservation(address)
        self.address = reservation.address
        self.logger = logger
        loop = try EventLoop(name: "identity-provider")
    }

    /// Serves until `stop()`.
    func start(_ responder: ProviderResponder) async throws {
        try loop.start()
        let server = try makeServer(responder, generation: 0)
        state.withLock { state in
            state.server = server
            state.responder = responder
        }
        _ = try await server.start()
    }

    /// Cuts all connections and stops.
    func stop() async {
        let (server, stopping) = state.withLock { state in
            defer { state = State(generation: state.generation + 1) }
            return (state.server, state.stopping)
        }
        await server?.shutdown(gracePeriod: .zero)
        for task in stopping { await task.value }
        loop.stop()
    }

    /// Waits by the real clock, or until the server stops.
    func wait(_ duration: Duration) async {
        let gate = ResponseGate()
        loop.schedule(after: duration) { gate.open() }
        await gate.pass()
    }

    /// Closes the connection of the calling request and all others; returns when that is done.
    func cut() async {
        if let (responder, generation) = beginReplacing() {
            do {
                let new = try makeServer(responder, generation: generation + 1)
                _ = try await new.start()
                if !finishReplacing(with: new) { await new.shutdown(gracePeriod: .zero) }
            } catch {
                state.withLock { $0.isReplacing = false }
                logger.error("a connection could not be cut", metadata: ["error": "\(error)"])
                return
            }
        }
        // The old server cancels the tasks of its connections, which ends this wait.
        await ResponseGate().pass()
    }

    /// Whether the calling request has to replace the server; `nil` when that is in progress or done, or everything
    /// stops.
    private func beginReplacing() -> (responder: ProviderResponder, generation: Int)? {
        state.withLock { state in
            guard let responder = state.responder, !state.isReplacing,
                state.generation == ConnectionControl.generation
            else { return nil }
            state.isReplacing = true
            return (responder, state.generation)
        }
    }

    /// Puts the new server in the old one's place; false when everything was stopped in the meantime.
    private func finishReplacing(with new: HTTPServer) -> Bool {
        state.withLock { state in
            guard let old = state.server else { return false }
            state.server = new
            state.generation += 1
            state.isReplacing = false
            // The closed request does not wait for this: the old server waits for that very request to end.
            state.stopping.append(Task { await old.shutdown(gracePeriod: .zero) })
            return true
        }
    }

    private func makeServer(_ responder: ProviderResponder, generation: Int) throws -> HTTPServer {
        var configuration = ServerConfiguration(listeners: [.init(address: address, reservation: reservation)])
        configuration.limits.bodyBytesMax = 1 << 20
        return try HTTPServer(
            configuration: configuration,
            responder: NumberedResponder(responder: responder, generation: generation),
            logger: logger,
            eventLoops: [loop]
        )
    }

    /// The number of the server that the current task answers for.
    @TaskLocal fileprivate static var generation: Int?

    /// Records for each request which server it came through.
    private struct NumberedResponder: RequestResponder {
        let responder: ProviderResponder
        let generation: Int

        func respond(to request: Request) async -> Response {
            await ConnectionControl.$generation.withValue(generation) { await responder.respond(to: request) }
        }
    }
}
