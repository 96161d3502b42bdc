import AuthorizationServerTesting
import Foundation
import OAuthProtocol
import Testing

extension DurabilityTests {
    /// The questions of the page about operations: each has a command that answers it.
    @Suite("The operator's questions")
    struct OperatorQuestionTests {
        /// The commands of the page's table, in its order.
        private static func commands() throws -> [[String]] {
            let page = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appending(
                    path: "Sources/AuthorizationServer/AuthorizationServer.docc/Operations.md"
                )
            let text = try String(contentsOf: page, encoding: .utf8)
            let table = text.split(separator: "| Question | Command |\n").dropFirst().first ?? ""
            return table.split(separator: "\n\n")[0].matches(of: /\| `gatehouse ([^`]+)`/).map { match in
                match.1.split(separator: " ").map(String.init)
            }
        }

        @Test("each command of the table answers about a user who logged in and whose session an operator ended")
        func answers() async throws {
            try await StorageDeployment.run { deployment in
                let server = try await deployment.served()
                let client = try await deployment.registeredClient(named: "An agent")
                _ = try await client.redeem(try await deployment.code(for: client, user: "ada"))
                let line = try await server.ready()
                let address = try #require(line.firstMatch(of: /management on ([0-9.:]+)/)?.1)
                let place = [
                    "--url", "http://\(address)", "--token-file",
                    deployment.folder.appending(path: "admin-token").path(),
                ]
                let found = try await GatehouseProcess.run(["sessions", "--json"] + place)
                let sessions = try JSONParser.parseObject(Array(found.output.utf8))
                guard case .array(let rows)? = sessions["sessions"], case .object(let session)? = rows.first,
                    let tsid = session["tsid"]?.stringValue, let sub = session["sub"]?.stringValue,
                    let clientID = session["client_id"]?.stringValue
                else { throw Violation("no session in \(found.output)\(found.errors)") }
                #expect(try await GatehouseProcess.run(["sessions", tsid, "--end"] + place).status == 0)
                let trail = deployment.directory.appending(path: "audit.log").path()
                let text = try String(contentsOfFile: trail, encoding: .utf8)
                let reference = try #require(text.firstMatch(of: /"request_id":"([^"]+)"/)?.1)
                let names = [
                    "SUB": sub, "TSID": tsid, "CLIENT_ID": clientID, "REFERENCE": String(reference),
                    "NAME": TestServer.upstream,
                ]
                let commands = try Self.commands()
                #expect(commands.count == 14)
                for command in commands {
                    let arguments = command.map { names[$0] ?? $0 }
                    let rest = arguments[0] == "explain" ? ["--audit", trail] : place
                    let answer = try await GatehouseProcess.run(arguments + rest)
                    #expect(answer.status == 0 && !answer.output.isEmpty, "\(arguments): \(answer.errors)")
                }
                let why = try await GatehouseProcess.run(["explain", tsid, "--audit", trail])
                #expect(why.output.contains("Why: administrator") && why.output.contains("ended the session"))
                let unknown = try await GatehouseProcess.run(["explain", "no-user", "--audit", trail])
                #expect(unknown.status == 1)
                #expect(await server.stop().status == 0)
            }
        }
    }
}
