import AuthorizationServerTesting
import Foundation
import PostgreSQLTesting
import SocketHTTP
import Synchronization

/// Two programs on one database behind nginx: everything but the clients, of which each request reaches a random node.
final class TwoNodeDeployment: Sendable {
    /// Issuer, configuration and provider.
    let deployment: StorageDeployment
    /// The database's server.
    let cluster: PostgreSQLCluster
    private let ports: [PortReservation]
    private let programs = Mutex<[GatehouseProcess?]>([nil, nil])

    private init(_ deployment: StorageDeployment, _ cluster: PostgreSQLCluster, database: String) throws {
        self.deployment = deployment
        self.cluster = cluster
        ports = try (0..<2).map { _ in try PortReservation(SocketAddress(ip: .loopback, port: 0)) }
        try deployment.useDatabase(database)
        let address = String(deployment.issuer.dropFirst("http://".count))
        let text = try String(contentsOf: try deployment.configuration(), encoding: .utf8).replacing(
            "limits:\n",
            with: "limits:\n  authorizations_per_source: {burst: 10000, per_minute: 10000}\n"
        )
        for (index, port) in ports.enumerated() {
            let own = text.replacing("- address: \(address)", with: "- address: \(port.address)")
            try Data(("trusted_proxies: [127.0.0.1]\n" + own).utf8).write(to: file(index))
        }
    }

    /// Starts everything, runs the body, and ends everything.
    ///
    /// The database's server is a new one that syncs, unless there is one.
    static func run(
        on cluster: PostgreSQLCluster? = nil,
        database: String? = nil,
        _ body: (TwoNodeDeployment) async throws -> Void
    ) async throws {
        let cluster = if let cluster { cluster } else { try await PostgreSQLCluster(isDurable: true) }
        try await StorageDeployment.run { deployment in
            let nodes = try TwoNodeDeployment(deployment, cluster, database: database ?? cluster.address())
            let front = try NginxFront(
                at: String(deployment.issuer.dropFirst("http://".count)),
                nodes: nodes.ports.map(\.address),
                folder: deployment.folder
            )
            do {
                for index in 0..<2 { try await nodes.start(index) }
                try await nodes.answered()
                try await body(nodes)
            } catch {
                let said = await nodes.end()
                await front.stop()
                throw Violation("\(error)\nthe nodes said:\n\(said)")
            }
            _ = await nodes.end()
            await front.stop()
        }
    }

    private func file(_ index: Int) -> URL { deployment.folder.appending(path: "node\(index).yaml") }

    /// Starts a node, and waits until it is ready.
    ///
    /// One that ends because the database is slow to answer is started again, as a service manager does.
    func start(_ index: Int) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while true {
            let program = try GatehouseProcess(
                ["serve", "--config", file(index).path(), "--log-level", "notice"],
                program: try GatehouseProcess.databaseProgram()
            )
            programs.withLock { $0[index] = program }
            do {
                _ = try await program.ready()
                return
            } catch {
                guard error is Violation, ContinuousClock.now < end else { throw error }
            }
        }
    }

    /// SIGKILL for a node.
    func kill(_ index: Int) async {
        let program = programs.withLock { programs in
            defer { programs[index] = nil }
            return programs[index]
        }
        await program?.kill()
    }

    private func end() async -> String {
        var said = ""
        for index in 0..<2 {
            guard let program = programs.withLock({ $0[index] }) else { continue }
            let outcome = await program.kill()
            // The end of a log that has a line for each request that failed.
            said += "node \(index):\n\(outcome.errors.suffix(4000))\n"
        }
        return said
    }

    /// Waits until the proxy answers for the nodes.
    private func answered() async throws {
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end {
            // No connection, or no node behind it yet.
            if let answer = try? await deployment.client.refresh("gr_unknown"), answer.status < 500 { return }
        }
        throw Violation("the proxy does not answer")
    }

    /// A client whose requests reach this node without the proxy.
    func client(_ client: OAuthTestClient, at index: Int) -> OAuthTestClient {
        var other = OAuthTestClient(
            issuer: "http://\(ports[index].address)",
            transport: deployment.transport,
            resource: client.resource
        )
        other.id = client.id
        return other
    }
}
