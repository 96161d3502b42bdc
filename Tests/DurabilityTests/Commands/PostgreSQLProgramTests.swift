import AuthorizationServerTesting
import Foundation
import PostgreSQLTesting
import Testing

extension DurabilityTests {
    /// The program for several nodes, on a database of its own that syncs.
    @Suite("gatehouse-postgresql")
    struct PostgreSQLProgramTests {
        private func run(_ body: (StorageDeployment, PostgreSQLCluster) async throws -> Void) async throws {
            let cluster = try await PostgreSQLCluster(isDurable: true)
            try await StorageDeployment.run { deployment in
                try deployment.useDatabase(cluster.address())
                try await body(deployment, cluster)
            }
        }

        private func start(_ deployment: StorageDeployment, _ command: String...) throws -> GatehouseProcess {
            try GatehouseProcess(
                command + ["--config", try deployment.configuration().path()],
                program: try GatehouseProcess.databaseProgram()
            )
        }

        @Test("what was acknowledged outlives a program and a database that are killed")
        func crash() async throws {
            try await run { deployment, cluster in
                let first = try start(deployment, "serve")
                _ = try await first.ready()
                let client = try await deployment.registeredClient(named: "client")
                let tokens = try await client.redeem(try await deployment.code(for: client, user: "ada"))
                #expect(tokens.status == 200)
                let refreshed = try await client.refresh(tokens["refresh_token"] ?? "")
                #expect(refreshed.status == 200)
                let keys = try await deployment.publishedKeys()
                await first.kill()
                try await cluster.order("kill")
                try await cluster.order("start")
                let second = try start(deployment, "serve")
                _ = try await second.ready()
                #expect(try await deployment.publishedKeys() == keys)
                let next = try await client.refresh(refreshed["refresh_token"] ?? "")
                #expect(next.status == 200)
                let token = try #require(next["access_token"])
                #expect(try await client.exchange(token).status == 200)
                #expect(await second.stop().status == 0)
            }
        }

        @Test("shows and makes the tables, and refuses another storage key")
        func tables() async throws {
            try await run { deployment, cluster in
                let empty = try await start(deployment, "database", "status").outcome()
                #expect(empty.status == 1)
                #expect(empty.output.contains("the tables have version 0"))
                let made = try await start(deployment, "database", "migrate").outcome()
                #expect(made.status == 0)
                #expect(made.output.contains("the tables have version 5 now"))
                #expect(try await start(deployment, "database", "status").outcome().status == 0)
                #expect(try await start(deployment, "database", "migrate").outcome().output == "nothing to do\n")

                let first = try start(deployment, "serve")
                _ = try await first.ready()
                #expect(await first.stop().status == 0)
                let key = try String(contentsOf: deployment.keyFile, encoding: .utf8)
                let other = String(key.trimmingCharacters(in: .whitespacesAndNewlines).reversed())
                try Data(other.utf8).write(to: deployment.keyFile)
                let refused = try await start(deployment, "serve").outcome()
                #expect(refused.status == 1)
                #expect(refused.errors.contains("the database was written under another storage.encryption_key"))
            }
        }

        @Test("the program for one node refuses a database, and has no commands for one")
        func otherProgram() async throws {
            try await run { deployment, _ in
                let refused = try await deployment.refused()
                #expect(refused.status == 1)
                #expect(refused.errors.contains("storage.postgresql needs the program gatehouse-postgresql"))
                #expect(try await GatehouseProcess.run(["database", "status"]).status == 2)
            }
        }

    }
}
