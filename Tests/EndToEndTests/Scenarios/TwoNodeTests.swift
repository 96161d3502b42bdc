import Foundation
import Testing

extension EndToEndTests {
    /// The official MCP SDK does not notice that each of its requests reaches a random node.
    @Suite("The official MCP Python SDK and two nodes on PostgreSQL behind nginx")
    struct TwoNodeTests {
        @Test(
            "registers, logs in, calls a tool that uses the upstream token, refreshes, calls again",
            arguments: [VirtualEnvironment.mcp1, .mcp2]
        )
        func wholeFlow(environment: VirtualEnvironment) async throws {
            try await Deployment.run(onTwoNodes: true) { deployment in
                // Several, so that steps of one flow reach different nodes with near certainty.
                for user in [UpstreamUser.alice, .bob, .alice] {
                    let report = try await deployment.client(environment, user: user)
                    #expect(report.error == nil)
                    #expect(report.tools == ["whoami_upstream"])
                    let (before, after) = (try #require(report.before), try #require(report.after))
                    #expect(before.user == .init(user))
                    #expect(after.user == .init(user))
                    #expect(before.subject == after.subject)
                    #expect(report.authorizations.count == 1, "a refresh sent the user to log in again")
                    #expect(Set(report.tokens.compactMap(\.refresh_token)).count == 2)
                }
                let log = try String(contentsOfFile: try #require(deployment.nodeLog), encoding: .utf8)
                // A line has both addresses when one node did not take the request.
                let nodes = Set(log.split(separator: "\n").filter { !$0.contains(",") })
                #expect(nodes.count == 2, "not both nodes got requests:\n\(log)")
            }
        }
    }
}
