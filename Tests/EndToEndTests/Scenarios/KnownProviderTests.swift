import AuthorizationServerTesting
import Testing

extension EndToEndTests {
    /// Providers as they are, behind MCP servers and a client that know nothing of them.
    @Suite("The official MCP Python SDK at providers that are like public ones")
    struct KnownProviderTests {
        private typealias Known = TestServer.KnownProvider

        private static let accounts: [Known: String] = [
            .keycloak: "ada", .entra: Known.tenant + "/oid-of-ada", .githubApp: "9007199254740993",
            .slack: "T9TK3CUKW/ada", .notion: "ada", .apple: "ada",
        ]

        @Test("P-1 to P-19, N-4: logs in, calls a tool with the upstream token, and again after its refresh; all end")
        func allKnownProviders() async throws {
            try await KnownProviderStage.run { scene in
                let reports = try await scene.story(as: "ada")
                for known in Known.allCases {
                    let report = try #require(reports[known.rawValue])
                    try expectWholeStory(report, known)
                    #expect(try await scene.deployment.refreshCounts(at: known) == [1], "\(known)")
                }
                // Only Apple answers by form_post, and names the user in the first answer.
                let posted = reports.filter { !$0.value.posted.isEmpty }
                #expect(posted.map(\.key) == ["apple"])
                #expect(posted["apple"]?.posted == [["code", "iss", "state", "user"]])
                #expect(reports["notion"]?.after?.fields == ["workspace_id": "W-17"])
                let scopes = try scene.deployment.refreshScopes(at: .entra)
                #expect(scopes.map { $0?.contains("offline_access") } == [true])
                try await expectEnding(scene)
            }
        }

        private func expectWholeStory(_ report: KnownProviderReport, _ known: Known) throws {
            #expect(report.error == nil, "\(known)")
            // One login: the refreshes sent the user nowhere.
            #expect(report.logins == 1 && report.tokens == 2, "\(known): \(report.visits)")
            let before = try #require(report.before, "\(known)")
            let after = try #require(report.after, "\(known)")
            #expect(!before.refreshed && after.refreshed, "\(known)")
            #expect(before.upstream_access_token != after.upstream_access_token, "\(known)")
            for call in [before, after] {
                #expect(call.account == Self.accounts[known])
                #expect(call.api == (known == .notion ? nil : 200), "\(known)")
            }
        }

        /// An incident at one provider: the operator sees its connections, ends them, and no other one.
        private func expectEnding(_ scene: KnownProviderStage) async throws {
            let list = try await scene.administer(["connections", "--upstream", "slack"])
            let lines = list.split(separator: "\n")
            #expect(lines.count == 2 && lines.last?.contains("T9TK3CUKW/ada") == true, "\(list)")
            #expect(lines.last?.contains("users:read") == true)
            let ended = try await scene.administer(["connections", "--upstream", "slack", "--end-all"])
            #expect(ended.contains("ended: 1") && ended.contains("remaining: no"), "\(ended)")
            let rest = try await scene.administer(["connections", "--upstream", "slack"])
            #expect(rest.split(separator: "\n").count == 1, "\(rest)")
            let others = try await scene.administer(["connections", "--upstream", "notion"])
            #expect(others.split(separator: "\n").count == 2, "\(others)")
        }
    }
}
