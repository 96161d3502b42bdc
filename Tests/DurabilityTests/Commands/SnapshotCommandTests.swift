import AuthorizationServerTesting
import Foundation
import Testing

extension DurabilityTests {
    /// `gatehouse snapshot`: backups that an operator can trust.
    @Suite("gatehouse snapshot")
    struct SnapshotCommandTests {
        private static func snapshot(_ arguments: String...) async throws -> GatehouseProcess.Outcome {
            try await GatehouseProcess.run(["snapshot"] + arguments)
        }

        @Test("a backup restored into another directory with the key serves the same sessions")
        func roundTrip() async throws {
            try await StorageDeployment.run { deployment in
                let config = deployment.folder.appending(path: "gatehouse.yaml").path()
                let backup = deployment.folder.appending(path: "backup").path()
                let server = try await deployment.served()
                let client = try await deployment.registeredClient(named: "Backed up")
                let login = try await client.redeem(try await deployment.code(for: client, user: "ada"))
                let token = try #require(login["refresh_token"])
                let keys = try await deployment.publishedKeys()
                let early = try await Self.snapshot("export", backup, "--config", config)
                #expect(early.status == 1 && early.errors.contains("contains no snapshot to export"))
                #expect(try await Self.snapshot("list", "--config", config).output.hasPrefix("no snapshots in"))
                #expect(await server.stop().status == 0)

                let list = try await Self.snapshot("list", "--config", config)
                #expect(list.status == 0)
                #expect(list.output.contains(".snapshot  taken 2") && list.output.contains("up to record"))
                let verified = try await Self.snapshot("verify", "--config", config)
                #expect(verified.status == 0 && verified.output.hasSuffix("no damage found\n"))
                let exported = try await Self.snapshot("export", backup, "--config", config)
                #expect(exported.status == 0 && exported.output.hasPrefix("exported to \(backup): taken"))
                let again = try await Self.snapshot("export", backup, "--config", config)
                #expect(again.status == 1 && again.errors.contains(backup))

                let other = deployment.folder.appending(path: "other")
                let place = ["--directory", other.path(), "--key-file", deployment.keyFile.path()]
                let whole = try await GatehouseProcess.run(["snapshot", "verify", backup] + place)
                #expect(whole.status == 0 && whole.output.hasPrefix("\(backup) is whole"))
                let restored = try await GatehouseProcess.run(["snapshot", "restore", backup] + place)
                #expect(restored.status == 0 && restored.output.hasPrefix("restored \(backup) into"))
                let twice = try await GatehouseProcess.run(["snapshot", "restore", backup] + place)
                #expect(twice.status == 1 && twice.errors.contains("is not empty"))

                let copy = try await deployment.served(directory: other)
                #expect(try await deployment.publishedKeys() == keys)
                let refreshed = try await client.refresh(token)
                #expect(refreshed.status == 200)
                #expect(try await client.exchange(refreshed["access_token"] ?? "").status == 200)
                #expect(await copy.stop().status == 0)
            }
        }

        @Test("a refresh token that was issued after the backup moves the restored state forward")
        func newerToken() async throws {
            try await StorageDeployment.run { deployment in
                let config = deployment.folder.appending(path: "gatehouse.yaml").path()
                let backup = deployment.folder.appending(path: "backup").path()
                let first = try await deployment.served()
                let client = try await deployment.registeredClient(named: "Ahead of the backup")
                let login = try await client.redeem(try await deployment.code(for: client, user: "grace"))
                var token = try #require(login["refresh_token"])
                #expect(await first.stop().status == 0)
                #expect(try await Self.snapshot("export", backup, "--config", config).status == 0)
                let second = try await deployment.served()
                for _ in 0..<3 { token = try #require(try await client.refresh(token)["refresh_token"]) }
                await second.kill()
                let other = deployment.folder.appending(path: "other")
                // The trail of a start that came before the restore; it goes on behind it.
                let trail = other.appending(path: "audit.log")
                try FileManager.default.createDirectory(at: other, withIntermediateDirectories: true)
                try "{}\n".write(to: trail, atomically: true, encoding: .utf8)
                let restored = try await Self.snapshot(
                    "restore",
                    backup,
                    "--directory",
                    other.path(),
                    "--key-file",
                    deployment.keyFile.path()
                )
                #expect(restored.status == 0)
                let copy = try await deployment.served(directory: other)
                #expect(try await client.refresh(token).status == 200)
                #expect(await copy.stop().status == 0)
                #expect(try String(contentsOf: trail, encoding: .utf8).hasPrefix("{}\n{"))
            }
        }

        @Test("damage and wrong keys are reported with 1; a command that names no storage is 2")
        func refusals() async throws {
            try await StorageDeployment.run { deployment in
                let config = deployment.folder.appending(path: "gatehouse.yaml").path()
                let server = try await deployment.served()
                #expect(await server.stop().status == 0)
                let name = try #require(
                    try StorageSearch(deployment.directory).names.last { $0.hasSuffix(".snapshot") }
                )
                let file = deployment.directory.appending(path: name)
                var bytes = try Data(contentsOf: file)
                bytes[bytes.count - 10] ^= 1
                try bytes.write(to: file)
                let damaged = try await Self.snapshot("verify", "--config", config)
                #expect(damaged.status == 1)
                #expect(damaged.output.contains("\(name)  is unusable: \(name) is damaged at offset"))
                let backup = deployment.folder.appending(path: "backup")
                let export = try await Self.snapshot("export", backup.path(), "--config", config)
                #expect(export.status == 1 && export.errors.contains("is damaged at offset"))
                // That flag is for a start.
                #expect(!export.errors.contains("--accept-loss"))
                #expect(!FileManager.default.fileExists(atPath: backup.path()))

                let wrongKey = deployment.folder.appending(path: "wrong.key")
                try Data(String(repeating: "0123456789abcdef", count: 4).utf8).write(to: wrongKey)
                let place = ["--directory", deployment.directory.path()]
                let wrong = try await GatehouseProcess.run(
                    ["snapshot", "verify", "--key-file", wrongKey.path()] + place
                )
                #expect(wrong.status == 1 && wrong.output.contains("sealed with a key other than"))
                let missing = try await GatehouseProcess.run(["snapshot", "list"] + place)
                #expect(missing.status == 1 && missing.errors.contains("master.key does not exist"))
                #expect(missing.errors.contains("--key-file"))
                let absent = try await GatehouseProcess.run(["snapshot", "list", "--directory", "/nowhere"])
                #expect(absent.status == 1 && absent.errors.contains("directory /nowhere does not exist"))
                let nowhere = try await Self.snapshot("list")
                #expect(nowhere.status == 2 && nowhere.errors.contains("--config"))
            }
        }
    }
}
