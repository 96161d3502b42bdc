import AuthorizationServerTesting
import Foundation
import PostgreSQLTesting
import SocketHTTP
import Testing

extension DurabilityTests {
    /// A node and its database start together: the node waits, and its health checks say so.
    @Suite("gatehouse-postgresql: a database that is not there yet")
    struct DatabaseWaitTests {
        private func run(
            startTimeout: String,
            _ body: (StorageDeployment, PostgreSQLCluster) async throws -> Void
        ) async throws {
            let cluster = try await PostgreSQLCluster(isDurable: true)
            try await StorageDeployment.run { deployment in
                try deployment.useDatabase(cluster.address())
                try deployment.edit { $0.replacing("pool: 4", with: "pool: 4, start_timeout: \(startTimeout)") }
                try await cluster.order("stop fast")
                try await body(deployment, cluster)
            }
        }

        private func start(_ deployment: StorageDeployment) throws -> GatehouseProcess {
            try GatehouseProcess(
                ["serve", "--config", try deployment.configuration().path()],
                program: try GatehouseProcess.databaseProgram()
            )
        }

        /// The answer of a listener, once there is one.
        private func answer(
            of management: OAuthTestClient,
            to path: String,
            while process: GatehouseProcess
        ) async throws -> OAuthTestClient.Answer {
            let end = ContinuousClock.now + .seconds(120)
            while true {
                do {
                    return try await management.send("GET", path)
                } catch {
                    guard ContinuousClock.now < end else { throw Violation("no listener: \(process.log)") }
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
        }

        @Test("the start waits for it, live and not ready, and serves once it is there")
        func waits() async throws {
            try await run(startTimeout: "15m") { deployment, cluster in
                let reservation = try PortReservation(SocketAddress(ip: .loopback, port: 0))
                try deployment.edit { $0.replacing("127.0.0.1:0", with: "\(reservation.address)") }
                let process = try start(deployment)
                let management = OAuthTestClient(
                    issuer: "http://\(reservation.address)",
                    transport: deployment.transport,
                    resource: TestServer.resource
                )
                let waiting = try await answer(of: management, to: "/health/ready", while: process)
                #expect(waiting.status == 503)
                #expect(waiting["status"] == "database_unavailable")
                #expect(try await management.send("GET", "/health/live").status == 200)
                #expect(try await management.send("GET", "/metrics").status == 503)
                #expect(process.log.contains("the start waits for it"))
                try await cluster.order("start")
                _ = try await process.ready()
                #expect(try await management.send("GET", "/health/ready").status == 200)
                _ = try await deployment.registeredClient(named: "client")
                #expect(await process.stop().status == 0)
            }
        }

        @Test("the start ends with 1 when the database is not there in time, and says which key bounds the wait")
        func unreachable() async throws {
            try await run(startTimeout: "1s") { deployment, _ in
                let refused = await (try start(deployment)).outcome()
                #expect(refused.status == 1)
                #expect(
                    refused.errors.contains(
                        """
                        gatehouse cannot start: the database did not answer within 1 s \
                        (storage.postgresql.start_timeout): the tables could not be read or changed
                        """
                    )
                )
            }
        }
    }
}
