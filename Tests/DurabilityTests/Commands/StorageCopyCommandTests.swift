import AuthorizationServerTesting
import Foundation
import PostgreSQLTesting
import Testing

extension DurabilityTests {
    /// `storage copy` moves everything, and no user logs in again.
    @Suite("gatehouse-postgresql storage copy")
    struct StorageCopyCommandTests {
        private func copy(
            _ deployment: StorageDeployment,
            from: String,
            to: String,
            _ others: String...
        ) async throws -> GatehouseProcess.Outcome {
            let keys = ["--key-file", deployment.keyFile.path()]
            return try await GatehouseProcess(
                ["storage", "copy", "--from", from, "--to", to] + keys + others,
                program: try GatehouseProcess.databaseProgram()
            ).outcome()
        }

        private func refreshed(_ client: OAuthTestClient, _ token: String) async throws -> String {
            let answer = try await client.refresh(token)
            #expect(answer.status == 200)
            #expect(try await client.exchange(answer["access_token"] ?? "").status == 200)
            return answer["refresh_token"] ?? ""
        }

        @Test("into a database and back: clients, sessions, connections and keys are the same at every stop")
        func thereAndBack() async throws {
            let cluster = try await PostgreSQLCluster(isDurable: true)
            try await StorageDeployment.run { deployment in
                let original = try String(contentsOf: try deployment.configuration(), encoding: .utf8)
                let first = try await deployment.served()
                let client = try await deployment.registeredClient(named: "client")
                let tokens = try await client.redeem(try await deployment.code(for: client, user: "ada"))
                var token = try await refreshed(client, tokens["refresh_token"] ?? "")
                let keys = try await deployment.publishedKeys()
                #expect(await first.stop().status == 0)

                let there = try await copy(deployment, from: deployment.directory.path(), to: cluster.address())
                #expect(there.status == 0, "\(there.errors)")
                #expect(there.output.hasPrefix("copied 1 sessions, 1 clients, 1 users, 1 connections"))
                try deployment.useDatabase(cluster.address())
                let second = try GatehouseProcess(
                    ["serve", "--config", try deployment.configuration().path()],
                    program: try GatehouseProcess.databaseProgram()
                )
                _ = try await second.ready()
                token = try await refreshed(client, token)
                #expect(try await deployment.publishedKeys() == keys)
                #expect(await second.stop().status == 0)

                let back = deployment.folder.appending(path: "back")
                let again = try await copy(deployment, from: cluster.address(), to: back.path())
                #expect(again.status == 0, "\(again.errors)")
                #expect(again.output == there.output)
                try deployment.edit { _ in original.replacing(deployment.directory.path(), with: back.path()) }
                let third = try await deployment.served()
                _ = try await refreshed(client, token)
                #expect(try await deployment.publishedKeys() == keys)
                #expect(try await client.refresh(tokens["refresh_token"] ?? "").error == "invalid_grant")
                #expect(await third.stop().status == 0)
            }
        }

        @Test("refuses a directory with data, a missing one, another key, and two places of one kind")
        func refusals() async throws {
            let cluster = try await PostgreSQLCluster(isDurable: false)
            try await StorageDeployment.run { deployment in
                let address = cluster.address()
                let missing = try await copy(deployment, from: deployment.directory.path(), to: address)
                #expect(missing.status == 1)
                #expect(missing.errors.contains("does not exist"))
                let process = try await deployment.served()
                #expect(await process.stop().status == 0)
                let full = try await copy(deployment, from: address, to: deployment.directory.path())
                #expect(full.status == 1)
                #expect(full.errors.contains("is not empty"))
                #expect(try await copy(deployment, from: deployment.directory.path(), to: address).status == 0)
                let other = deployment.folder.appending(path: "other.key")
                let text = try String(contentsOf: deployment.keyFile, encoding: .utf8)
                let reversed = String(text.trimmingCharacters(in: .whitespacesAndNewlines).reversed())
                try Data(reversed.utf8).write(to: other)
                let key = try await GatehouseProcess(
                    [
                        "storage", "copy", "--from", address, "--to", deployment.folder.appending(path: "new").path(),
                        "--key-file", other.path(),
                    ],
                    program: try GatehouseProcess.databaseProgram()
                ).outcome()
                #expect(key.status == 1)
                #expect(key.errors.contains("another storage.encryption_key"))
                #expect(try await copy(deployment, from: "/a", to: "/b").status == 2)
                let secret = try await copy(deployment, from: "/a", to: "postgresql://u:hidden@h/d")
                #expect(secret.status == 2)
                #expect(!secret.errors.contains("hidden@h"))
            }
        }
    }
}
