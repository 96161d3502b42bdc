import Foundation
import Testing

extension EndToEndTests {
    /// Clients whose libraries do not know RFC 8707, before a Gatehouse with several resources.
    @Suite("Client libraries that name no resource")
    struct DefaultResourceTests {
        private static let resources = ["first", "second", "third"].map { "https://\($0).example.com/mcp" }
        private static let clients: Set<String> = ["authlib", "requests_oauthlib", "idpyoidc", "plain"]

        @Test("C-4: with default_resource each gets tokens for that resource alone, also by refreshing")
        func withDefault() async throws {
            let story = try await Self.story(defaultResource: Self.resources[1])
            #expect(story.refusals.isEmpty)
            #expect(Set(story.granted.keys) == Self.clients)
            for (client, granted) in story.granted {
                #expect(granted.audiences == [Self.resources[1], Self.resources[1]], "\(client)")
                #expect(granted.scopes.allSatisfy { $0.split(separator: " ").contains("mcp:read") }, "\(client)")
            }
        }

        @Test("C-4: without it each is refused at its redirect URI, in words that say what to do")
        func withoutDefault() async throws {
            let story = try await Self.story(defaultResource: nil)
            #expect(story.granted.isEmpty)
            let error = "invalid_target: resource is required because several are registered"
            #expect(story.refusals == Dictionary(uniqueKeysWithValues: Self.clients.map { ($0, error) }))
        }

        /// What the script prints.
        private struct Story: Decodable, Sendable {
            struct Granted: Decodable, Sendable {
                /// The audience of the first access token, and that of the next one.
                let audiences: [String]
                let scopes: [String]
            }
            let granted: [String: Granted]
            let refusals: [String: String]
        }

        private static func story(defaultResource: String?) async throws -> Story {
            var result: Story?
            try await Stage.run { stage in
                let issuer = "http://" + (try await stage.reserveAddress())
                let upstream = try EnteredStage.fact("issuer", try await stage.serve("oidc_provider.py"))
                let secret = try stage.secret("confidential")
                let configuration = configuration(issuer, upstream, secret.path, defaultResource)
                let gatehouse = try await stage.gatehouse(configuration, issuer: issuer)
                let options = Options(
                    issuer: issuer,
                    upstream_issuer: upstream,
                    user: UpstreamUser.alice.subject,
                    secrets: ["confidential": secret.value]
                )
                result = try await VirtualEnvironment.mcp2.run(
                    "default_resource_story.py",
                    input: JSONEncoder().encode(options),
                    as: Story.self
                )
                #expect(try await gatehouse.stop() == 0)
            }
            return try #require(result)
        }

        /// What `Options` of `story.py` reads; the empty ones are for other stories.
        private struct Options: Encodable {
            let issuer: String
            let upstream_issuer: String
            let user: String
            let secrets: [String: String]
            var resource = ""
            var client_host = ""
            var client_key = ""
            var issuer_key = ""
            var resource_client = ""
            var redirect_uri = "http://127.0.0.1:33418/callback"
        }

        private static func configuration(
            _ issuer: String,
            _ upstream: String,
            _ secret: String,
            _ defaultResource: String?
        ) -> String {
            let resources = resources.map { "  - {uri: \"\($0)\", scopes: [\"mcp:read\"], upstreams: [corp]}" }
            return """
                issuer: \(issuer)
                listen:
                  - address: \(issuer.dropFirst("http://".count))
                management: {address: "127.0.0.1:0"}
                scopes: [openid, profile, email, offline_access, "mcp:read"]
                \(defaultResource.map { "default_resource: \($0)" } ?? "")
                upstreams:
                  - name: corp
                    type: oidc
                    issuer: \(upstream)
                    client_id: gatehouse
                    client_secret: {file: \(secret)}
                    scopes: [openid, profile, email]
                    allow_insecure_http: true
                    allow_private_network: true
                resources:
                \(resources.joined(separator: "\n"))
                clients:
                  - client_id: confidential
                    redirect_uris: ["http://127.0.0.1/callback"]
                    client_secret: {file: \(secret)}

                """
        }
    }
}
