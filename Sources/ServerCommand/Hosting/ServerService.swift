import AuthorizationServer
import Logging
import ServiceLifecycle
import UnixSignals

/// Runs a server until the process is told to stop: SIGTERM and SIGINT drain it, SIGHUP makes it read its files again.
struct ServerService: Service {
    let server: GatehouseServer
    /// Printed when every signal is heard: whoever waits for the line may send one at once.
    let readyLine: String

    func run() async throws {
        let reloads = await UnixSignalsSequence(trapping: .sighup)
        Console.write(readyLine)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in reloads {
                    await server.reload()
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
