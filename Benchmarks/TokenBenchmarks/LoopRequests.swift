import AuthorizationServer
import BenchmarkSupport
import Logging
import OAuthProtocol
import OutboundHTTP
import ServerConfiguration
import SocketHTTP

/// Complete requests over sockets to a server in this process, measured on the thread of its only event loop: the
/// processor time and allocations of one, system calls and cryptography included.
enum LoopRequests {
    static let resource = "https://mcp.example.com/mcp"
    static let scopes = ScopeSet(["mcp:read", "offline_access"])

    /// Starts a server in memory with one resource.
    ///
    /// - Parameters:
    ///   - transport: Answers the server's own requests; without it they are sent.
    ///   - configure: Changes to the configuration.
    /// - Returns: The running server.
    /// - Throws: Any error that prevents the start.
    static func start(
        transport: (any OutboundTransport)? = nil,
        _ configure: (inout Configuration) -> Void = { _ in }
    ) async throws -> GatehouseServer {
        let logger = Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() }
        let reservation = try PortReservation(SocketAddress(ip: .loopback, port: 0))
        var configuration = Configuration(
            issuer: try Issuer("http://\(reservation.address)"),
            listen: [.init(address: reservation.address)]
        )
        configuration.management.address = SocketAddress(ip: .loopback, port: 0)
        configuration.scopes = ScopeSet(["openid", "offline_access", "mcp:read"])
        configuration.resources = [Configuration.Resource(uri: resource, scopes: ScopeSet(["mcp:read"]))]
        configure(&configuration)
        var environment = ServerEnvironment(
            transport: try transport ?? CurlClient(logger: logger),
            auditSink: UnboundedAuditSink { _ in },
            logger: logger
        )
        environment.reservations = [reservation]
        environment.eventLoopCount = 1
        return try await GatehouseServer.start(configuration, environment: environment)
    }

    /// Measures the clients' requests in turns with the bare operations that limit them, on the loop's own thread too;
    /// then ends the server.
    static func compare(
        _ name: String,
        _ server: GatehouseServer,
        _ clients: [TokenClient],
        seconds: Double,
        limit: @escaping @Sendable () -> Void
    ) async throws -> Comparison {
        guard let loop = server.eventLoops.first else { throw BenchmarkError("a server without event loop") }
        var spent = (ours: [Cost](), limit: [Cost]())
        var microseconds = 0.0
        var turn = 0
        while turn < 4 || microseconds < seconds * 1_000_000 {
            let bare = await onThread(of: loop) {
                let start = Effort.ofThisThread
                for _ in 0..<200 { limit() }
                return Effort.between(start, .ofThisThread, count: 200)
            }
            let start = await onThread(of: loop) { Effort.ofThisThread }
            let rounds = 10
            for _ in 0..<rounds {
                for client in clients { try client.send() }
                for client in clients { try client.receive() }
            }
            let count = rounds * clients.count
            let ours = Effort.between(start, await onThread(of: loop) { Effort.ofThisThread }, count: count)
            turn += 1
            // The first turn warms up.
            guard turn > 1 else { continue }
            spent.limit.append(bare)
            spent.ours.append(ours)
            microseconds += bare.microseconds * 200 + ours.microseconds * Double(count)
        }
        await server.shutdown(gracePeriod: .zero)
        return Comparison(
            name: name,
            ours: Comparison.median(spent.ours),
            limit: Comparison.median(spent.limit)
        )
    }

    private static func onThread<Value: Sendable>(
        of loop: EventLoop,
        _ body: @escaping @Sendable () -> Value
    ) async -> Value {
        await withCheckedContinuation { continuation in
            loop.submit { continuation.resume(returning: body()) }
        }
    }
}
