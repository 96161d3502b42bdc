import Foundation
import Testing

extension EndToEndTests {
    /// OpenID providers that were written elsewhere, as upstream of a real server: login, retrieval, refresh on both
    /// sides.
    @Suite("Real OpenID providers as upstream")
    struct RealProviderTests {
        @Test(
            "VT-4: Glewlwyd, whose refresh tokens are good for one use: login, retrievals, revocation there, mending"
        )
        func glewlwyd() async throws {
            try await Stage.run { stage in
                let place = try await Place(stage)
                // Shorter than what is left of a token that is handed out without a refresh.
                let provider = try await stage.serve(
                    "glewlwyd_provider.py",
                    [
                        "--client-id", "gatehouse", "--client-secret-file", place.upstreamSecret.path,
                        "--redirect-uri", place.issuer + "/oauth/callback/corp", "--access-token-seconds", "12",
                    ]
                )
                let (story, gatehouse) = try await place.story(
                    provider,
                    browser: "glewlwyd",
                    refreshes: 2,
                    minimumLifetime: 11
                )
                try expectStory(story, refreshes: 2)
                // A rotated refresh token that was lost, or used twice, would have ended the chain. The third is not
                // due.
                #expect(Set(story.retrievals.prefix(3).map(\.access_token)).count == 2)

                // The user ends the grant at the provider: nothing is handed out that is dead, and a login mends it.
                #expect(story.revoked_upstream == 1)
                let refusal = try #require(story.after_revocation)
                #expect(refusal.status == 400 && refusal.error == "interaction_required")
                #expect(refusal.reason == "reauth_required")
                #expect(refusal.connect_uri?.hasPrefix(place.issuer + "/connections/connect/") == true)
                #expect(refusal.access_token == nil)
                #expect(story.tokens.count == 3)

                // RFC 7009: ended here and at the provider, which takes the token no more.
                #expect(story.ended.provider == "revoked")
                #expect(story.userinfo_after_end.status == 401)
                try await place.expectCleanEnd(gatehouse, story)
            }
        }

        @Test("oidc-provider-mock: login, retrieval after a refresh there, our refresh, disconnection")
        func providerMock() async throws {
            try await Stage.run { stage in
                let place = try await Place(stage)
                // Only the first token lives so short; those that this provider refreshes live for days.
                let provider = try await stage.serve("oidc_provider.py", ["--access-token-seconds", "120"])
                let (story, gatehouse) = try await place.story(
                    provider,
                    browser: "form",
                    refreshes: 1,
                    minimumLifetime: 119
                )
                try expectStory(story, refreshes: 1)
                #expect(story.retrievals.allSatisfy { $0.account.sub == UpstreamUser.alice.subject })
                #expect(story.ended.provider == "not_offered")
                try await place.expectCleanEnd(gatehouse, story)
            }
        }

        /// What holds with every provider.
        private func expectStory(_ story: UpstreamStory, refreshes: Int) throws {
            for retrieval in story.retrievals {
                #expect(retrieval.upstream == "corp")
                #expect(retrieval.token_type.lowercased() == "bearer")
                #expect(retrieval.refresh_token == nil)
                #expect(retrieval.userinfo == .init(status: 200, sub: retrieval.account.sub))
            }
            #expect(story.retrievals.count > refreshes)
            #expect(story.retrievals.prefix(refreshes).map(\.refreshed) == Array(repeating: true, count: refreshes))
            // One person, one account, one connection, whatever was refreshed and mended.
            #expect(Set(story.retrievals.map(\.account.sub)).count == 1)
            #expect(story.connections.map(\.upstream) == ["corp"])
            #expect(story.connections.map(\.status) == ["active"])
            #expect(story.connections.map(\.account) == [story.retrievals[0].account])
            // Our own refresh gave new tokens of the same scope.
            #expect(story.tokens[0].access_token != story.tokens[1].access_token)
            #expect(story.tokens[0].refresh_token != story.tokens[1].refresh_token)
            #expect(story.tokens[0].scope == story.tokens[1].scope)
            // Disconnected: the token is gone, and the answer says how to connect again.
            #expect(story.ended.erased)
            #expect(story.after_end.error == "interaction_required" && story.after_end.reason == "not_connected")
            #expect(story.after_end.access_token == nil)
        }
    }
}

/// Where the parts of such a scenario are.
private struct Place {
    static let resource = "https://mcp.example.com/mcp"

    let stage: Stage
    let issuer: String
    let upstreamSecret: (value: String, path: String)
    let resourceSecret: (value: String, path: String)

    init(_ stage: Stage) async throws {
        self.stage = stage
        issuer = "http://" + (try await stage.reserveAddress())
        upstreamSecret = try stage.secret("upstream-secret")
        resourceSecret = try stage.secret("resource-secret")
    }

    /// Starts Gatehouse in front of the provider and lets Alice's story happen.
    func story(
        _ provider: [String: String],
        browser: String,
        refreshes: Int,
        minimumLifetime: Int
    ) async throws -> (UpstreamStory, ChildProcess) {
        guard let upstreamIssuer = provider["issuer"] else { throw HarnessError("incomplete ready line: \(provider)") }
        let gatehouse = try await stage.gatehouse(configuration(upstreamIssuer), issuer: issuer)
        let story = try await VirtualEnvironment.mcp2.run(
            "upstream_story.py",
            [
                "--issuer", issuer, "--upstream", "corp", "--upstream-issuer", upstreamIssuer,
                "--resource", Self.resource, "--client-secret-file", resourceSecret.path, "--browser", browser,
                "--user", UpstreamUser.alice.subject, "--refreshes", "\(refreshes)", "--min-ttl", "\(minimumLifetime)",
            ],
            as: UpstreamStory.self
        )
        return (story, gatehouse)
    }

    private func configuration(_ upstreamIssuer: String) -> String {
        """
        issuer: \(issuer)
        listen:
          - address: \(issuer.dropFirst("http://".count))
        management: {address: "127.0.0.1:0"}
        scopes: [openid, offline_access, connections, "mcp:read"]
        upstreams:
          - name: corp
            type: oidc
            issuer: \(upstreamIssuer)
            client_id: gatehouse
            client_secret: {file: \(upstreamSecret.path)}
            scopes: [openid, profile, email]
            allow_insecure_http: true
            allow_private_network: true
        resources:
          - uri: \(Self.resource)
            scopes: ["mcp:read"]
            upstreams: [corp]
            client_id: mcp-server
            client_secret: {file: \(resourceSecret.path)}

        """
    }

    /// It ends by SIGTERM in order, and in all it said there is no secret of anybody's.
    func expectCleanEnd(_ gatehouse: ChildProcess, _ story: UpstreamStory) async throws {
        #expect(try await gatehouse.stop() == 0)
        let said = gatehouse.progress.everything
        for secret in story.secrets + [upstreamSecret.value, resourceSecret.value] {
            #expect(!said.contains(secret), "gatehouse wrote a secret to its output")
        }
    }
}
