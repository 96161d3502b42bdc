import Foundation
import Testing

extension EndToEndTests {
    /// The pieces around Gatehouse, without Gatehouse: when these fail, the other scenarios say nothing about it.
    @Suite("The harness works alone")
    struct HarnessTests {
        @Test("RS-1: the SDK's resource server publishes its metadata and challenges requests without a valid token")
        func resourceServerChallenges() async throws {
            let folder = FileManager.default.temporaryDirectory
            let secret = folder.appending(path: "gatehouse-e2e-\(UUID().uuidString)")
            try Data("secret".utf8).write(to: secret)
            defer { try? FileManager.default.removeItem(at: secret) }  // a leftover does no harm
            // An issuer without a path: the SDK must publish it without a slash behind it, or 2.x clients stop.
            let issuer = "http://127.0.0.1:9"
            let (server, facts) = try await VirtualEnvironment.mcp2.serve(
                "resource_server.py",
                [
                    "--issuer", issuer, "--client-id", "mcp-server", "--client-secret-file", secret.path(),
                    "--upstream", "corp", "--upstream-issuer", issuer,
                ]
            )
            let resource = try #require(facts["resource"])
            let base = try #require(facts["base"])
            let metadataURL = base + "/.well-known/oauth-protected-resource/mcp"
            let answers = try await HTTPExchange.send([
                HTTPExchange(url: metadataURL),
                HTTPExchange(method: "POST", url: resource),
                HTTPExchange(method: "POST", url: resource, headers: ["Authorization": "Bearer not.a.token"]),
            ])
            try await server.stop()

            struct ProtectedResource: Decodable {
                let resource: String
                let authorization_servers: [String]
                let scopes_supported: [String]
            }
            let published = try answers[0].json(as: ProtectedResource.self)
            #expect(published.resource == resource)
            #expect(published.authorization_servers == [issuer])
            #expect(published.scopes_supported == ["mcp:read"])
            for refused in answers[1...] {
                #expect(refused.status == 401)
                let challenge = refused.headers["www-authenticate"] ?? ""
                #expect(challenge.hasPrefix("Bearer "))
                #expect(challenge.contains("resource_metadata=\"\(metadataURL)\""))
            }
        }

        @Test("The upstream provider answers discovery under the issuer of its ready line")
        func upstreamProviderAnswers() async throws {
            let (provider, facts) = try await VirtualEnvironment.mcp2.serve("oidc_provider.py")
            let issuer = try #require(facts["issuer"])
            let discovery = issuer + "/.well-known/openid-configuration"
            let answer = try await HTTPExchange.send(HTTPExchange(url: discovery))
            try await provider.stop()
            #expect(answer.status == 200)
            #expect(try answer.json(as: [String: JSONFragment].self)["issuer"] == .text(issuer))
        }

        @Test("Both SDK majors run, and say what stopped them", arguments: [VirtualEnvironment.mcp1, .mcp2])
        func clientReportsItsFailure(environment: VirtualEnvironment) async throws {
            // The port is held, and no server listens there.
            let (reservation, facts) = try await VirtualEnvironment.mcp2.serve("port_reservation.py")
            let port = try #require(facts["port"])
            let report = try await environment.run(
                "mcp_client.py",
                ["--server", "http://127.0.0.1:\(port)/mcp", "--user", UpstreamUser.alice.subject],
                as: ClientReport.self
            )
            try await reservation.stop()
            #expect(report.sdk.hasPrefix(environment.name.dropFirst(3) + "."))
            #expect(report.error != nil)
            #expect(report.tokens.isEmpty)
            #expect(report.authorizations.isEmpty)
        }

        @Test("A program hears SIGTERM, whatever thread it was started from")
        func childProcessesHearSignals() async throws {
            for _ in 0..<5 {
                let cat = try ChildProcess(
                    name: "cat",
                    executable: URL(filePath: "/bin/sh"),
                    arguments: ["-c", "echo ready; exec cat"]
                )
                _ = try await cat.wait(for: "ready line") { $0.lines.contains("ready") ? true : nil }
                #expect(try await cat.stop() == 128 + 15)
            }
        }

        @Test(
            "A program that ends before it is ready fails its test with what it said, and one that ignores SIGTERM dies"
        )
        func childProcessesEnd() async throws {
            let shell = URL(filePath: "/bin/sh")
            let short = try ChildProcess(name: "short", executable: shell, arguments: ["-c", "echo no; exit 3"])
            let error = await #expect(throws: HarnessError.self) {
                try await short.wait(for: "ready line") { $0.lines.contains("ready") ? true : nil }
            }
            #expect(error?.description.contains("it ended with 3") == true)
            #expect(error?.description.contains("no\n") == true)

            let stubborn = try ChildProcess(
                name: "stubborn",
                executable: shell,
                arguments: ["-c", "trap '' TERM; echo ready; exec cat"]
            )
            _ = try await stubborn.wait(for: "ready line") { $0.lines.contains("ready") ? true : nil }
            #expect(try await stubborn.stop(within: .milliseconds(300)) == 137)
        }
    }
}

/// A JSON value of which only text matters.
private enum JSONFragment: Decodable, Equatable {
    case text(String)
    case other

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {  // anything but text is not looked at
            self = .text(text)
        } else {
            self = .other
        }
    }
}
