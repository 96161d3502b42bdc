import AuthorizationServer
import Foundations
import GatehouseHosting
import Logging
import ServiceLifecycle
import UnixSignals

/// Runs a server until the process receives SIGTERM or SIGINT, which drain it; SIGHUP makes it reload its files.
struct ServerService: Service {
    let server: GatehouseServer
    /// Printed when every signal is handled: a script that waits for the line may send one at once.
    let readyLine: String
    /// Called when the machine was resumed or copied; `nil` for a server without anything to renew.
    var resumption: ResumptionWatch?
    /// The service manager that waits for this process, if there is one.
    var manager: ServiceManager?
    /// Reopens the host's own files, before the server reads its files again.
    var reopenFiles: @Sendable () -> Void = {}
    /// Called when the shutdown begins, before requests in progress are waited for.
    var whenStopping: @Sendable () async -> Void = {}
    /// Ends the process with the one that started it; `nil` for a server that outlives it.
    var parent: ParentWatch?

    func run() async throws {
        let reloads = await UnixSignalsSequence(trapping: .sighup)
        Console.write(readyLine)
        manager?.report(.ready(readyLine))
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in reloads {
                    reopenFiles()
                    await server.reload()
                }
            }
            if let resumption { group.addTask { await resumption.watch() } }
            if let manager, let interval = manager.watchdogInterval {
                let watch = ServiceManagerWatch(manager: manager, interval: interval, eventLoops: server.eventLoops)
                group.addTask { await watch.watch() }
            }
            if let parent { group.addTask { await parent.watch() } }
            group.addTask {
                do { try await gracefulShutdown() } catch { return }
            }
            // The first to end is the shutdown; waiting for signals ends with it.
            await group.next()
            group.cancelAll()
        }
        manager?.report(.stopping)
        await whenStopping()
        await server.shutdown()
    }
}
