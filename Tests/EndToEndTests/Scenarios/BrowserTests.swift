import Foundation
import Testing

extension EndToEndTests {
    /// The pages before people: a headless Chromium, without scripts, on a phone and on a desk, in light and dark.
    @Suite("The pages in a real browser")
    struct BrowserTests {
        private static let resource = "https://notes.example.com/mcp"

        @Test(
            "CO-1, D-60, issue 4: consent, two legs, connections, connecting in place, and the swapped user is refused"
        )
        func walk() async throws {
            try await Stage.run { stage in
                let (walk, gatehouse) = try await take(stage)
                expectLogin(walk)
                expectConnections(walk)
                try expectSwapsRefused(walk)
                expectGoodPages(walk)

                #expect(try await gatehouse.stop() == 0)
                let said = gatehouse.progress.everything
                for secret in walk.secrets { #expect(!said.contains(secret), "gatehouse wrote a secret to its output") }
            }
        }

        private func take(_ stage: Stage) async throws -> (Walk, ChildProcess) {
            let issuer = "http://" + (try await stage.reserveAddress())
            let secret = try stage.secret("secret")
            var upstreams = ""
            for name in ["corp", "files"] {
                let provider = try await stage.serve("oidc_provider.py")
                guard let upstreamIssuer = provider["issuer"] else { throw HarnessError("incomplete: \(provider)") }
                upstreams += """
                      - name: \(name)
                        type: oidc
                        issuer: \(upstreamIssuer)
                        client_id: gatehouse
                        client_secret: {file: \(secret.path)}
                        scopes: [openid, profile\(name == "corp" ? ", email" : "")]
                        allow_insecure_http: true
                        allow_private_network: true

                    """
            }
            let configuration = """
                issuer: \(issuer)
                listen:
                  - address: \(issuer.dropFirst("http://".count))
                management: {address: "127.0.0.1:0"}
                scopes: [openid, offline_access, "mcp:read", "mcp:write"]
                upstreams:
                \(upstreams)
                resources:
                  - uri: \(Self.resource)
                    scopes: ["mcp:read", "mcp:write"]
                    upstreams: [corp, files]
                    client_id: mcp-server
                    client_secret: {file: \(secret.path)}

                """
            let gatehouse = try await stage.gatehouse(configuration, issuer: issuer)
            // Beside the program, for eyes.
            let pictures = try GatehouseBinary.url().deletingLastPathComponent().appending(path: "pages")
            let walk = try await VirtualEnvironment.browser.run(
                "browser_walk.py",
                [
                    "--issuer", issuer, "--resource", Self.resource, "--client-secret-file", secret.path,
                    "--upstreams", "corp", "files", "--alice", UpstreamUser.alice.subject,
                    "--bob", UpstreamUser.bob.subject, "--pictures", pictures.path(),
                ],
                // A browser starts slowly where everything else runs too.
                within: .seconds(300),
                as: Walk.self
            )
            return (walk, gatehouse)
        }

        private func expectLogin(_ walk: Walk) {
            #expect(walk.denied_return["error"] == "access_denied" && walk.denied_return["code"] == nil)
            // What the page says: who, from where, what for, whose accounts, and what it cannot know.
            for text in [
                "Field Notes for Claude", "(127.0.0.1)", "unverified", Self.resource, "mcp:write", "corp", "files",
            ] {
                #expect(walk.consent.contains(text), "\(text)")
            }
            // D-92: what a client only claims of itself lends it no one's name.
            #expect(!walk.consent.contains("claimed.example"))
            #expect(walk.consent.contains("Approve only if you have just started the connection yourself."))
            // Two providers, one after the other; one session holds both connections.
            #expect(walk.legs.count == 2 && Set(walk.legs.map { $0.prefix { $0 != "?" } }).count == 2)
            #expect(walk.approved_return["code"] != nil && walk.approved_return["error"] == nil)
            #expect(walk.claims.tsid.hasPrefix("ts_"))
            let accounts = walk.both.upstreams?.mapValues(\.account?.sub)
            #expect(accounts == ["corp": UpstreamUser.alice.subject, "files": UpstreamUser.alice.subject])
        }

        private func expectConnections(_ walk: Walk) {
            #expect(walk.sign_in.contains("Who are you?") && !walk.sign_in.contains(UpstreamUser.alice.name))
            for text in [UpstreamUser.alice.name, UpstreamUser.alice.email, "Disconnect corp", "Disconnect files"] {
                #expect(walk.connections.contains(text), "\(text)")
            }
            #expect(walk.disconnected.contains("files is disconnected"))
            #expect(
                walk.connections_after.contains("Connect files") && walk.connections_after.contains("Disconnect corp")
            )
            #expect(!walk.connections_after.contains("Disconnect files"))

            // JB-10: the call that could not be answered is, after the link was followed.
            #expect(walk.connect.contains("Connect files?") && walk.connect.contains(UpstreamUser.alice.name))
            #expect(walk.connected.contains("files is connected"))
            #expect(walk.after_connect.access_token != nil)
            #expect(walk.after_connect.account?.sub == UpstreamUser.alice.subject)
        }

        private func expectSwapsRefused(_ walk: Walk) throws {
            // Alice's link in Bob's browser; then Alice, who takes Bob's account.
            #expect(walk.another_user.contains("This link is for someone else"))
            #expect(!walk.another_user.contains(UpstreamUser.alice.name))
            #expect(walk.another_account.contains("This account belongs to someone else here"))
            for answer in [walk.after_another_user, walk.after_another_account] {
                #expect(answer.reason == "not_connected" && answer.access_token == nil)
            }
        }

        private func expectGoodPages(_ walk: Walk) {
            #expect(walk.faults == [])
            #expect(walk.complaints == [])
            #expect(walk.foreign_requests == [])
            #expect(walk.titles.count == 12)
            #expect(walk.title_with_script == "Back", "scripts were not switched off")
            #expect(walk.error.contains("This application is not registered here"))
            #expect(walk.bad_link.contains("This link is invalid"))
            #expect(walk.interstitial.contains("Return to notes.example"))
        }
    }
}

/// What `browser_walk.py` prints: the texts of pages, the answers to the MCP server, and what is wrong with the pages.
private struct Walk: Decodable, Sendable {
    struct Claims: Decodable, Sendable {
        let tsid: String
    }
    struct Account: Decodable, Sendable {
        let sub: String
    }
    struct Retrieval: Decodable, Sendable {
        let upstreams: [String: Retrieval]?
        let access_token: String?
        let account: Account?
        let reason: String?
    }

    let consent: String
    let denied_return: [String: String]
    /// The addresses of the two providers' pages.
    let legs: [String]
    let approved_return: [String: String]
    /// The title of the client's own page, which a script would change.
    let title_with_script: String
    let claims: Claims
    let both: Retrieval
    let sign_in: String
    let connections: String
    let disconnected: String
    let connections_after: String
    let connect: String
    let connected: String
    let after_connect: Retrieval
    let another_user: String
    let after_another_user: Retrieval
    let another_account: String
    let after_another_account: Retrieval
    let error: String
    let bad_link: String
    let interstitial: String
    /// What is wrong with the looks of a page: width, contrast, sizes, headings, keyboard.
    let faults: [String]
    /// What the browser's console said.
    let complaints: [String]
    /// What our pages loaded from elsewhere.
    let foreign_requests: [String]
    let titles: [String: String]
    let secrets: [String]
}
