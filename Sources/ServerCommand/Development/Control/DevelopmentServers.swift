import AuthorizationServer
import DevelopmentIdentityProvider
import GatehouseHosting
import OAuthProtocol
import ServerConfiguration
import SocketHTTP
import Synchronization

/// The further servers of one `gatehouse dev`, each with its own issuer, ports, keys, users, clock and control plane.
final class DevelopmentServers: Sendable {
    private typealias Running = (deployment: DevelopmentDeployment, host: ServerHost)

    private struct State {
        /// In the order of their starts.
        var running: [(id: String, server: Running)] = []
        var startingCount = 0
        var number = 0
        var isClosed = false
    }

    /// The most that run at once: each has threads and listeners of its own.
    private let countMax: Int

    /// What the first server was started with: the further ones have the same address, environment and log level.
    private let options: DevelopmentOptions
    private let state = Mutex(State())

    init(_ options: DevelopmentOptions, countMax: Int = 20) {
        self.options = options
        self.countMax = countMax
    }

    /// Starts a server.
    ///
    /// - Returns: What the ready line of `dev` has, and the id that ends it.
    func start(_ change: (inout DevelopmentOptions) -> Void) async throws(ControlRefusal) -> JSONObject {
        var options = options
        options.address = SocketAddress(ip: options.address.ip, port: 0)
        options.demo = nil
        options.servesDemoResource = false
        change(&options)
        let (isClosed, isFull) = state.withLock { state in
            let isFull = state.running.count + state.startingCount >= countMax
            if !state.isClosed, !isFull { state.startingCount += 1 }
            return (state.isClosed, isFull)
        }
        guard !isClosed else { throw Self.stopping }
        guard !isFull else {
            throw ControlRefusal(409, "too_many", "\(countMax) further servers run; end some of them")
        }
        let running: Running
        do {
            running = try await DevelopmentDeployment.start(options, isFurther: true)
        } catch {
            state.withLock { $0.startingCount -= 1 }
            let errors = (error as? ConfigurationErrors)?.errors.map(\.description) ?? ["\(error)"]
            throw .invalid(errors.joined(separator: "; "))
        }
        let id = state.withLock { state -> String? in
            state.startingCount -= 1
            guard !state.isClosed else { return nil }
            state.number += 1
            let id = "server-\(state.number)"
            state.running.append((id, running))
            return id
        }
        guard let id else {
            await Self.end(running)
            throw Self.stopping
        }
        return Self.report(running, id)
    }

    /// Ends a server and its providers.
    ///
    /// - Returns: Whether it existed.
    func stop(_ id: String) async -> Bool {
        let found = state.withLock { state -> Running? in
            guard let index = state.running.firstIndex(where: { $0.id == id }) else { return nil }
            return state.running.remove(at: index).server
        }
        guard let found else { return false }
        await Self.end(found)
        return true
    }

    /// Ends all, and starts none from now on.
    func stopAll() async {
        let all = state.withLock { state in
            state.isClosed = true
            defer { state.running = [] }
            return state.running.map(\.server)
        }
        for running in all { await Self.end(running) }
    }

    /// What the ready line of each has, in the order of their starts.
    var reports: [JSONValue] {
        state.withLock { $0.running }.map { .object(Self.report($0.server, $0.id)) }
    }

    private static let stopping = ControlRefusal(503, "unavailable", "gatehouse dev is stopping")

    private static func report(_ running: Running, _ id: String) -> JSONObject {
        var report = running.deployment.readyReport
        report["id"] = .string(id)
        return report
    }

    private static func end(_ running: Running) async {
        await running.deployment.shutdown(gracePeriod: .zero)
        await running.host.close()
    }
}
