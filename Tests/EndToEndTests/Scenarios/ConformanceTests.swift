import Foundation
import Testing

extension EndToEndTests {
    /// `gatehouse conformance` at this server, and at servers that were written elsewhere: it must fail where it
    /// should.
    @Suite("gatehouse conformance")
    struct ConformanceTests {
        /// The report of the program, the members that are compared.
        private struct Report: Decodable {
            struct Check: Decodable {
                let rule: String
                let requirement: String
                let verdict: String
                let reason: String?
            }

            let summary: [String: Int]
            let checks: [Check]

            /// The counts, as README's table has them.
            var counts: String {
                ["passed", "failed", "warnings", "not_checked"].map { "\(summary[$0] ?? -1)" }.joined(separator: " | ")
            }
        }

        @Test("this server passes every check")
        func ourselves() async throws {
            try await Stage.run { stage in
                let server = try ChildProcess(
                    name: "gatehouse dev",
                    executable: GatehouseBinary.url(),
                    arguments: ["dev", "--json", "--port", "0", "--exit-with-parent"]
                )
                do {
                    let issuer = try await server.wait(for: "ready line") { progress in
                        progress.lines.lazy.compactMap { Self.issuer(in: $0) }.first
                    }
                    let report = try await Self.examine(stage, ["--issuer", issuer, "--login-hint", "ada"])
                    #expect(report.checks.filter { $0.verdict != "passed" }.map(\.requirement).isEmpty)
                    try Self.expectRow("Gatehouse", report)
                } catch {
                    try await server.stop()
                    throw error
                }
                try await server.stop()
            }
        }

        @Test("Glewlwyd fails where its table says")
        func glewlwyd() async throws {
            try await Stage.run { stage in
                let subject = try await stage.serve("glewlwyd_subject.py")
                guard let issuer = subject["issuer"], let client = subject["client_id"], let cookie = subject["cookie"]
                else { throw HarnessError("incomplete ready line: \(subject)") }
                // Its page needs scripts: the cookie and this parameter, which its page adds, take the page's place. It
                // demands a nonce with the scope openid.
                let report = try await Self.examine(
                    stage,
                    [
                        "--issuer", issuer, "--client-id", client, "--cookie", cookie, "--scope", "openid",
                        "--parameter", "g_continue=1", "--parameter", "nonce=conformance",
                    ]
                )
                try Self.expectTable("Glewlwyd", report)
            }
        }

        @Test("FastMCP's OAuth proxy fails where its table says")
        func fastMCP() async throws {
            try await Stage.run { stage in
                let provider = try await stage.serve("oidc_provider.py")
                guard let upstream = provider["issuer"] else {
                    throw HarnessError("incomplete ready line: \(provider)")
                }
                let proxy = try await stage.serve("fastmcp_proxy.py", ["--upstream-issuer", upstream])
                guard let issuer = proxy["issuer"], let resource = proxy["resource"] else {
                    throw HarnessError("incomplete ready line: \(proxy)")
                }
                let report = try await Self.examine(
                    stage,
                    [
                        "--issuer", issuer, "--resource", resource, "--scope", "openid",
                        "--login-hint", UpstreamUser.alice.subject,
                    ]
                )
                try Self.expectTable("FastMCP", report)
            }
        }

        private static func issuer(in line: Substring) -> String? {
            struct Ready: Decodable { let issuer: String }
            // The other lines of the program are not JSON.
            return (try? JSONDecoder().decode(Ready.self, from: Data(line.utf8)))?.issuer
        }

        /// Runs the suite and reads its report; broken rules are the exit status 1.
        private static func examine(_ stage: Stage, _ arguments: [String]) async throws -> Report {
            let suite = try ChildProcess(
                name: "gatehouse conformance",
                executable: GatehouseBinary.url(),
                arguments: ["conformance", "--json", "--junit", stage.folder.appending(path: "junit.xml").path()]
                    + arguments,
                input: Data()
            )
            let status: Int32
            do {
                status = try await suite.exitStatus(within: .seconds(300))
            } catch {
                try await suite.stop()
                throw error
            }
            guard status <= 1 else { throw HarnessError("\(status): \(suite.progress.everything)") }
            let report = try JSONDecoder().decode(Report.self, from: suite.progress.standardOutput)
            #expect(status == (report.checks.contains { $0.verdict == "failed" } ? 1 : 0))
            #expect(FileManager.default.fileExists(atPath: stage.folder.appending(path: "junit.xml").path()))
            return report
        }

        /// The server breaks the rules of its column in the document, and no others; README has the counts.
        private static func expectTable(_ server: String, _ report: Report) throws {
            let table = try ConformanceTable()
            let broken = report.checks.filter { ["failed", "warning"].contains($0.verdict) }
            let found = broken.map { "\($0.rule): \($0.requirement): \($0.verdict)" }.sorted()
            let listed = try table.broken(by: server)
            let reasons = broken.map { "\($0.rule): \($0.requirement): \($0.reason ?? "")" }.joined(separator: "\n")
            #expect(found == listed, "\(server):\n\(reasons)")
            try expectRow(server, report)
        }

        private static func expectRow(_ server: String, _ report: Report) throws {
            let readme = try String(contentsOf: SourceFolder.package.appending(path: "README.md"), encoding: .utf8)
            let row = readme.split(separator: "\n").first { $0.hasPrefix("| \(server)") }
            #expect(row?.hasSuffix("| \(report.counts) |") == true, "\(server): \(report.counts)")
        }
    }
}

/// The rules that other servers break, as the document lists them.
private struct ConformanceTable {
    private let rows: [[String]]

    init() throws {
        let path = "Sources/AuthorizationServer/AuthorizationServer.docc/ConformanceSuite.md"
        let text = try String(contentsOf: SourceFolder.package.appending(path: path), encoding: .utf8)
        let section = text.split(separator: "\n## ").first { $0.hasPrefix("At other servers") } ?? ""
        rows = section.split(separator: "\n").filter { $0.hasPrefix("| ") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    /// `rule: requirement: verdict` of every row whose cell says failed or warning.
    func broken(by server: String) throws -> [String] {
        guard let column = rows.first?.firstIndex(where: { $0.hasPrefix(server) }) else {
            throw HarnessError("ConformanceSuite.md has no column \(server)")
        }
        return rows.filter { $0.count > column && ["failed", "warning"].contains($0[column]) }
            .map { "\($0[0]): \($0[1]): \($0[column])" }.sorted()
    }
}
