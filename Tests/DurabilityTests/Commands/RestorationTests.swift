import AuthorizationServerTesting
import Foundation
import OAuthProtocol
import Testing

extension DurabilityTests {
    /// S-08: older files are the state, and nothing that ended after them lives again.
    @Suite("Files that were put back")
    struct RestorationTests {
        private static func place(_ deployment: StorageDeployment) -> [String] {
            ["--config", deployment.folder.appending(path: "gatehouse.yaml").path()]
        }

        /// Puts the sealed files of a copy in place of the current ones; the audit trail stays.
        private static func putBack(_ copy: URL, _ deployment: StorageDeployment) throws {
            let files = FileManager.default
            for name in try files.contentsOfDirectory(atPath: deployment.directory.path()) where name != "audit.log" {
                try files.removeItem(at: deployment.directory.appending(path: name))
            }
            for name in try files.contentsOfDirectory(atPath: copy.path()) where name != "audit.log" {
                try files.copyItem(at: copy.appending(path: name), to: deployment.directory.appending(path: name))
            }
        }

        /// Divides the trail as two rotations do: the oldest of three files has the revocation, the last is empty.
        private static func rotateTrail(_ directory: URL) throws {
            let trail = directory.appending(path: "audit.log")
            let lines = try String(contentsOf: trail, encoding: .utf8).split(separator: "\n")
            let index = try #require(lines.lastIndex { $0.contains("\"session.revoked\"") })
            let parts = [
                ("audit-20261130T120000.000Z.log", lines[...index]),
                ("audit-20261130T120100.000Z.log", lines[(index + 1)...]), ("audit.log", []),
            ]
            for (name, part) in parts {
                let text = part.map { "\($0)\n" }.joined()
                try text.write(to: directory.appending(path: name), atomically: false, encoding: .utf8)
            }
        }

        private static func copied(_ deployment: StorageDeployment) throws -> URL {
            let copy = deployment.folder.appending(path: "copy")
            try FileManager.default.copyItem(at: deployment.directory, to: copy)
            return copy
        }

        private static func login(_ deployment: StorageDeployment) async throws -> (OAuthTestClient, String) {
            let client = try await deployment.registeredClient(named: "Put back")
            let login = try await client.redeem(try await deployment.code(for: client, user: "ada"))
            return (client, try #require(login["refresh_token"]))
        }

        @Test("S-08: a token newer than the state ends its family, unless the directory is marked as restored")
        func newerToken() async throws {
            try await StorageDeployment.run { deployment in
                let first = try await deployment.served()
                let (client, early) = try await Self.login(deployment)
                #expect(await first.stop().status == 0)
                let copy = try Self.copied(deployment)
                let second = try await deployment.served()
                var token = early
                for _ in 0..<3 { token = try #require(try await client.refresh(token)["refresh_token"]) }
                #expect(await second.stop().status == 0)

                try Self.putBack(copy, deployment)
                let mark = try await GatehouseProcess.run(["snapshot", "mark-restored"] + Self.place(deployment))
                #expect(mark.status == 0 && mark.output.hasPrefix("marked "))
                let marked = try await deployment.served()
                let refreshed = try await client.refresh(token)
                #expect(refreshed.status == 200)
                #expect(await marked.stop().status == 0)
                let trail = try String(contentsOf: deployment.directory.appending(path: "audit.log"), encoding: .utf8)
                #expect(trail.components(separatedBy: "token.ahead_of_state").count == 2)

                try Self.putBack(copy, deployment)
                let unmarked = try await deployment.served()
                #expect(try await client.refresh(token).error == "invalid_grant")
                #expect(try await client.refresh(early).error == "invalid_grant")
                #expect(await unmarked.stop().status == 0)
            }
        }

        @Test(
            "S-08: a session that ended is ended again when its files are put back beside the audit trail",
            arguments: [false, true]
        )
        func revokedSession(isRotated: Bool) async throws {
            try await StorageDeployment.run { deployment in
                let first = try await deployment.served()
                let (client, token) = try await Self.login(deployment)
                #expect(await first.stop().status == 0)
                let copy = try Self.copied(deployment)
                let second = try await deployment.served()
                #expect(try await client.revoke(token).status == 200)
                #expect(await second.stop().status == 0)
                try Self.putBack(copy, deployment)
                if isRotated { try Self.rotateTrail(deployment.directory) }
                let third = try await deployment.served()
                #expect(try await client.refresh(token).error == "invalid_grant")
                let ended = await third.stop()
                #expect(ended.errors.contains("the state is older than the audit trail"))
                let fourth = try await deployment.served()
                #expect(!(await fourth.stop()).errors.contains("the state is older than the audit trail"))
            }
        }

        @Test("S-08: restore re-applies the endings of the trail, says what is lost, and can end every session")
        func restore() async throws {
            try await StorageDeployment.run { deployment in
                let backup = deployment.folder.appending(path: "backup").path()
                let first = try await deployment.served()
                let (client, ended) = try await Self.login(deployment)
                let kept = try #require(
                    try await client.redeem(try await deployment.code(for: client, user: "grace"))["refresh_token"]
                )
                #expect(await first.stop().status == 0)
                #expect(
                    try await GatehouseProcess.run(["snapshot", "export", backup] + Self.place(deployment)).status == 0
                )
                let second = try await deployment.served()
                #expect(try await client.revoke(ended).status == 200)
                #expect(await second.stop().status == 0)

                let cases = [
                    ("other", false, [String]()), ("rotated", false, []), ("revoked", true, ["--revoke-sessions"]),
                ]
                for (name, revokes, flags) in cases {
                    let other = deployment.folder.appending(path: name)
                    try FileManager.default.createDirectory(at: other, withIntermediateDirectories: true)
                    try FileManager.default.copyItem(
                        at: deployment.directory.appending(path: "audit.log"),
                        to: other.appending(path: "audit.log")
                    )
                    if name == "rotated" { try Self.rotateTrail(other) }
                    let restored = try await GatehouseProcess.run(
                        ["snapshot", "restore", backup, "--directory", other.path(), "--key-file"]
                            + [deployment.keyFile.path()] + flags
                    )
                    #expect(restored.status == 0)
                    #expect(restored.output.contains("ended again by the audit trail: 1 sessions"))
                    #expect(restored.errors.contains("and the audit trail ends at"))
                    let server = try await deployment.served(directory: other)
                    #expect(try await client.refresh(ended).error == "invalid_grant")
                    #expect(try await client.refresh(kept).status == (revokes ? 400 : 200))
                    #expect(await server.stop().status == 0)
                }
            }
        }

        @Test("S-18: an emptied directory is not a first start; rekeyed storage serves the same sessions")
        func emptiedAndRekeyed() async throws {
            try await StorageDeployment.run { deployment in
                let first = try await deployment.served()
                let (client, token) = try await Self.login(deployment)
                #expect(await first.stop().status == 0)
                let other = deployment.folder.appending(path: "rekeyed")
                let newKey = deployment.folder.appending(path: "new.key")
                try Data(String(repeating: "fedcba9876543210", count: 4).utf8).write(to: newKey)
                let rekeyed = try await GatehouseProcess.run(
                    ["snapshot", "rekey", "--into", other.path(), "--new-key-file", newKey.path()]
                        + Self.place(deployment)
                )
                #expect(rekeyed.status == 0 && rekeyed.output.hasPrefix("copied "))
                let wrong = try await deployment.refused(directory: other)
                #expect(wrong.status == 1 && wrong.errors.contains("sealed with a key other than the configured one"))
                let key = try Data(contentsOf: deployment.keyFile)
                try Data(contentsOf: newKey).write(to: deployment.keyFile)
                let copy = try await deployment.served(directory: other)
                #expect(try await client.refresh(token).status == 200)
                #expect(await copy.stop().status == 0)
                try key.write(to: deployment.keyFile)

                for name in try StorageSearch(deployment.directory).names where name != "audit.log" {
                    try FileManager.default.removeItem(at: deployment.directory.appending(path: name))
                }
                let refused = try await deployment.refused()
                #expect(refused.status == 1)
                #expect(refused.errors.contains("contains no data, although its audit.log shows that it did"))
            }
        }
    }
}
