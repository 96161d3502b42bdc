import AuthorizationServerTesting
import Foundation
import OAuthProtocol
import Testing

extension DurabilityTests {
    /// The operator's verbs as commands, against the program.
    @Suite("gatehouse as an operator uses it")
    struct OperatorCommandTests {
        /// Runs a command against the management listener that the program's first line names.
        private static func ask(
            _ server: GatehouseProcess,
            _ deployment: StorageDeployment,
            _ arguments: String...
        ) async throws -> GatehouseProcess.Outcome {
            let line = try await server.ready()
            let address = try #require(line.firstMatch(of: /management on ([0-9.:]+)/)?.1)
            return try await GatehouseProcess.run(
                arguments + [
                    "--url", "http://\(address)", "--token-file",
                    deployment.folder.appending(path: "admin-token").path(),
                ]
            )
        }

        @Test("somebody leaves: found by name, every session ended, kept out through a restart, and written down")
        func leaver() async throws {
            try await StorageDeployment.run { deployment in
                let server = try await deployment.served()
                let client = try await deployment.registeredClient(named: "An agent")
                let first = try await client.redeem(try await deployment.code(for: client, user: "ada"))
                let second = try await client.redeem(try await deployment.code(for: client, user: "ada"))
                let found = try await Self.ask(server, deployment, "users", "ada", "--json")
                let users = try JSONParser.parseObject(Array(found.output.utf8))
                guard case .array(let rows)? = users["users"], case .object(let ada)? = rows.first,
                    let sub = ada["sub"]?.stringValue
                else { throw Violation("no user in \(found.output)\(found.errors)") }
                let sessions = try await Self.ask(server, deployment, "sessions", "--user", sub)
                #expect(sessions.status == 0 && sessions.output.split(separator: "\n").count == 3)
                #expect(sessions.output.hasPrefix("TSID"))
                let ended = try await Self.ask(server, deployment, "end-all", "--user", sub)
                #expect(ended.status == 0 && ended.output == "sessions: 2\n")
                let blocked = try await Self.ask(server, deployment, "block", "--user", sub)
                #expect(blocked.status == 0)
                for login in [first, second] {
                    #expect(try await client.refresh(login["refresh_token"] ?? "").error == "invalid_grant")
                }
                await server.kill()
                let again = try await deployment.served()
                let blocks = try await Self.ask(again, deployment, "blocks")
                #expect(blocks.output.contains(sub))
                #expect(try await client.refresh(first["refresh_token"] ?? "").error == "invalid_grant")
                let trail = try String(contentsOf: deployment.directory.appending(path: "audit.log"), encoding: .utf8)
                #expect(trail.components(separatedBy: #""event":"session.ended""#).count == 3)
                let events = try await Self.ask(again, deployment, "audit", "--count", "5")
                #expect(events.output.split(separator: "\n").allSatisfy { $0.hasPrefix("{") })
                let status = try await Self.ask(again, deployment, "status")
                #expect(status.output.contains("sessions: 0"))
                #expect(try await Self.ask(again, deployment, "unblock", "--user", sub).status == 0)
                let keys = try await Self.ask(again, deployment, "keys")
                #expect(keys.output.hasPrefix("KID") && keys.output.contains("access_token"))
                let rotated = try await Self.ask(again, deployment, "keys", "--rotate", "--force", "--json")
                #expect(rotated.status == 0 && rotated.output.contains(#""kid""#), "\(rotated.errors)")
                #expect(try await Self.ask(again, deployment, "keys", "--rotate-vault").status == 0)
                #expect(try await Self.ask(again, deployment, "keys", "--force").status == 2)
                let signedOut = try await Self.ask(again, deployment, "users", sub, "--sign-out")
                #expect(signedOut.status == 0 && signedOut.output.contains("signed_out"), "\(signedOut.errors)")
                #expect(try await Self.ask(again, deployment, "users", "--sign-out").status == 2)
                #expect(await again.stop().status == 0)
            }
        }

        @Test("a wrong token, a server that is off and a command line that names nothing are errors in one line")
        func refusals() async throws {
            try await StorageDeployment.run { deployment in
                let server = try await deployment.served()
                let wrong = deployment.folder.appending(path: "wrong-token")
                try Data("not-the-token-of-the-administrator-0123456789".utf8).write(to: wrong)
                let line = try await server.ready()
                let address = try #require(line.firstMatch(of: /management on ([0-9.:]+)/)?.1)
                let place = ["--url", "http://\(address)", "--token-file", wrong.path()]
                let refused = try await GatehouseProcess.run(["status"] + place)
                #expect(refused.status == 1 && refused.errors.contains("the administrator's token is wrong"))
                #expect(await server.stop().status == 0)
                let off = try await GatehouseProcess.run(["status"] + place)
                #expect(off.status == 1 && off.errors.contains("does not answer"))
                #expect(try await GatehouseProcess.run(["end-all"] + place).status == 2)
                #expect(try await GatehouseProcess.run(["block"] + place).status == 2)
                #expect(try await GatehouseProcess.run(["users"]).status == 2)
            }
        }
    }
}
