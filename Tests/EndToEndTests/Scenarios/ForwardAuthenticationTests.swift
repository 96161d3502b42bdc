import Foundation
import Testing

extension EndToEndTests {
    /// Real nginx with the documented configuration, in front of a service that knows nothing of OAuth.
    @Suite("nginx with auth_request, as the documentation shows it")
    struct ForwardAuthenticationTests {
        @Test(
            "N-6, RS-1, issue 4.6: the service sees the upstream token and who calls; without a valid JWT it sees nothing"
        )
        func documentedConfiguration() async throws {
            try await Stage.run { stage in
                let (story, gatehouse) = try await story(stage)
                try expectInjection(story)
                try expectRefusals(story)

                #expect(try await gatehouse.stop() == 0)
                #expect(!gatehouse.progress.everything.contains(story.upstream_access_token))
            }
        }

        private static let resource = "https://mcp.example.com/mcp"
        private static let otherResource = "https://tools.example.com/mcp"

        private func story(_ stage: Stage) async throws -> (ForwardAuthStory, ChildProcess) {
            let issuer = "http://" + (try await stage.reserveAddress())
            let management = try await stage.reserveAddress()
            // As long as tokens get with many groups in them, and longer than nginx's own buffers.
            let provider = try await stage.serve("oidc_provider.py", ["--token-bytes", "16000"])
            guard let upstreamIssuer = provider["issuer"] else { throw HarnessError("incomplete: \(provider)") }
            let resourceSecret = try stage.secret("resource-secret")
            let proxySecret = try stage.secret("proxy-secret")
            let key = try await stage.signingKey()
            let configuration = """
                issuer: \(issuer)
                listen:
                  - address: \(issuer.dropFirst("http://".count))
                management: {address: "\(management)"}
                signing: {algorithm: ES256, key_files: [\(key.path())]}
                scopes: [openid, offline_access, connections, "mcp:read"]
                forward_auth: {secret: {file: \(proxySecret.path)}}
                upstreams:
                  - name: corp
                    type: oidc
                    issuer: \(upstreamIssuer)
                    client_id: gatehouse
                    client_secret: {file: \(resourceSecret.path)}
                    scopes: [openid, profile, email]
                    allow_insecure_http: true
                    allow_private_network: true
                resources:
                  - uri: \(Self.resource)
                    scopes: ["mcp:read"]
                    upstreams: [corp]
                    forward_auth: {upstream: corp}
                    client_id: mcp-server
                    client_secret: {file: \(resourceSecret.path)}
                  - uri: \(Self.otherResource)
                    scopes: ["mcp:read"]
                    upstreams: [corp]

                """
            let gatehouse = try await stage.gatehouse(configuration, issuer: issuer)
            let documentation = "Sources/AuthorizationServer/AuthorizationServer.docc/UpstreamTokens.md"
            let front = try await stage.serve(
                "nginx_front.py",
                [
                    "--documentation", SourceFolder.package.appending(path: documentation).path(),
                    "--gatehouse", management, "--issuer", issuer, "--secret-file", proxySecret.path,
                ]
            )
            guard let proxy = front["front"], let service = front["service"] else {
                throw HarnessError("incomplete: \(front)")
            }
            let story = try await VirtualEnvironment.mcp2.run(
                "forward_auth_story.py",
                [
                    "--issuer", issuer, "--upstream", "corp", "--upstream-issuer", upstreamIssuer,
                    "--resource", Self.resource, "--other-resource", Self.otherResource,
                    "--client-secret-file", resourceSecret.path, "--signing-key-file", key.path(),
                    "--user", UpstreamUser.alice.subject, "--front", proxy, "--service", service,
                ],
                as: ForwardAuthStory.self
            )
            #expect(story.metadata.resource == Self.resource)
            #expect(story.metadata.authorization_servers == [issuer])
            return (story, gatehouse)
        }

        private func expectInjection(_ story: ForwardAuthStory) throws {
            for answer in [story.good, story.good_spoofed] {
                #expect(answer.status == 200)
                let seen = try #require(answer.seen)
                #expect(story.upstream_access_token.utf8.count == 16_000)
                // Each once: what the client sent under the same names is gone.
                #expect(seen["authorization"] == ["Bearer " + story.upstream_access_token])
                #expect(seen["x-auth-subject"] == [story.claims.sub])
                #expect(seen["x-auth-client"] == [story.claims.client_id])
                #expect(seen["x-auth-scope"] == [story.claims.scope])
                #expect(seen["x-auth-session"] == [story.claims.tsid])
                #expect(seen["x-gatehouse-proxy-secret"] == nil)
                // The client gets neither the upstream token nor the headers that are meant for the service.
                #expect(answer.headers["authorization"] == nil && answer.headers["x-auth-subject"] == nil)
            }
            #expect(story.requests_when_good == 2)
        }

        private func expectRefusals(_ story: ForwardAuthStory) throws {
            let metadata = "resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\""
            #expect(story.refused.count >= 15)
            for (name, answer) in story.refused {
                #expect(answer.status == 401, "\(name)")
                let challenge = try #require(answer.challenge, "\(name)")
                #expect(challenge.hasPrefix("Bearer ") && challenge.contains(metadata), "\(name)")
                // RFC 6750 §3.1: the answer to a request without any token names no error.
                let isWithout =
                    name.hasPrefix("no token") || name == "basic credentials" || name == "token in the query"
                #expect(challenge.contains("error=\"invalid_token\"") != isWithout, "\(name): \(challenge)")
                #expect(answer.seen == nil, "\(name)")
                #expect(answer.headers["authorization"] == nil && answer.headers["x-auth-subject"] == nil, "\(name)")
            }
            #expect(story.narrow.status == 403)
            #expect(story.internal.status == 404)
            // The connection is gone: the client is sent to log in again.
            #expect(story.disconnected.status == 401)
            #expect(story.disconnected.challenge?.contains("error=\"invalid_token\"") == true)
            #expect(story.requests == story.requests_when_good, "a refused request reached the service")
        }
    }
}

/// What `forward_auth_story.py` prints.
private struct ForwardAuthStory: Decodable, Sendable {
    struct Claims: Decodable, Sendable {
        let sub: String
        let client_id: String
        let scope: String
        let tsid: String
    }
    struct Answer: Decodable, Sendable {
        let status: Int
        let challenge: String?
        let headers: [String: String]
        /// The header fields that the service saw; absent when it was not asked.
        let seen: [String: [String]]?
    }
    struct Metadata: Decodable, Sendable {
        let resource: String
        let authorization_servers: [String]
    }

    /// Of the good token.
    let claims: Claims
    let upstream_access_token: String
    let good: Answer
    let good_spoofed: Answer
    let metadata: Metadata
    let requests_when_good: Int
    let refused: [String: Answer]
    /// With a token that lacks the scope.
    let narrow: Answer
    let `internal`: Answer
    /// With the good token, after the user disconnected the upstream.
    let disconnected: Answer
    let requests: Int
}
