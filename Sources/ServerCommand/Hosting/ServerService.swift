import AuthorizationServer
import Logging
import ServiceLifecycle
import UnixSignals

/// Runs a server until the process is told to stop: SIGTERM and SIGINT drain it, SIGHUP makes it read its files again.
struct ServerService: Service {
    let server: GatehouseServer

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sighup) {
                    server.reload()
                }
            }
            group.addTask {
                do { try await gracefulShutdown() } catch { return }
            }
            // The first to end is the shutdown; waiting for signals ends with it.
            await group.next()
            group.cancelAll()
        }
        await server.shutdown()
    }
}
