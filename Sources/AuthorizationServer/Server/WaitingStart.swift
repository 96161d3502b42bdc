import HTTPTypes
import OAuthProtocol
import OAuthState
import ServerConfiguration
import SocketHTTP
import Synchronization

/// A start that waits for the state's database: tries again as long as the host says so, and answers health checks in
/// the meantime.
///
/// Without it a node that starts together with its database ends, and so does whatever restarts it, ever more slowly.
final class WaitingStart: Sendable {
    private let configuration: Configuration
    private let environment: ServerEnvironment
    private let listener = Mutex<HTTPServer?>(nil)
    private let opened = Mutex<(any StateStorage)?>(nil)

    init(_ configuration: Configuration, _ environment: ServerEnvironment) {
        self.configuration = configuration
        self.environment = environment
    }

    /// Rebuilds the state and wires the parts; as often as it takes.
    ///
    /// - Throws: The error that prevents the start, after the host has given up.
    func composition() async throws -> ServerComposition {
        guard let wait = environment.awaitState, let open = environment.openState else {
            return try await ServerComposition.make(configuration, environment: environment)
        }
        var noting = environment
        noting.openState = { [self] settings in
            let storage = try await open(settings)
            opened.withLock { $0 = storage }
            return storage
        }
        while true {
            let work = BackgroundWork()
            do {
                let composition = try await ServerComposition.make(configuration, environment: noting, work: work)
                await end()
                return composition
            } catch {
                work.close()
                await work.idle()
                await closeStorage()
                await answerProbes()
                do {
                    try await wait(error)
                } catch {
                    await end()
                    throw error
                }
            }
        }
    }

    /// Closes what a try has opened that failed later.
    private func closeStorage() async {
        let storage = opened.withLock { opened in
            defer { opened = nil }
            return opened
        }
        // The error that is reported is the one that stopped the start.
        try? await storage?.close()
    }

    /// Gives the management address back to the server's own listener.
    private func end() async {
        let open = listener.withLock { listener in
            defer { listener = nil }
            return listener
        }
        await open?.shutdown(gracePeriod: .zero)
    }

    // Liveness is as ever: a supervisor that kills the process would begin the same wait again.
    private func answerProbes() async {
        guard listener.withLock({ $0 == nil }) else { return }
        var settings = configuration.managementListener
        // Another process that has not ended yet may still serve the socket's path.
        settings.unixSocket = nil
        do {
            let timeSource = environment.timeSource
            let server = try HTTPServer(
                configuration: settings,
                responder: WaitingResponder(),
                logger: environment.logger,
                unixTime: { timeSource.now().secondsSinceEpoch }
            )
            listener.withLock { $0 = server }
            _ = try await server.start()
        } catch {
            // A check that gets no connection fails as well; the start itself reports an address in use.
            await end()
        }
    }
}

/// What the management listener answers before there is a state.
struct WaitingResponder: RequestResponder {
    func respond(to request: Request) async -> Response {
        let path = String(request.path)
        if path == LivenessEndpoint.path { return LivenessEndpoint.answer }
        var response = Response.json(
            Array(#"{"status":"database_unavailable"}"#.utf8),
            status: .serviceUnavailable
        )
        response.headerFields[.retryAfter] = "1"
        return response
    }
}
