import Testing

/// The ways in that need no browser at the client, each through programs that were written elsewhere.
extension EndToEndTests.ClientLibraryTests {
    private struct DeviceStory: ClientStory {
        struct Codes: Decodable, Sendable {
            let user_code: String
            let verification_uri: String
            let verification_uri_complete: String
            let expires_in: Int
            let interval: Int
        }
        /// What is not in `ClientLife`.
        struct Device: Decodable, Sendable {
            let begun: Codes
            let code_page: String
            let consent_page: String
            let last_page: String
            let code_again: String
        }
        enum CodingKeys: String, CodingKey { case library, refusals, secrets, authlib, oauthlib }

        let library: String
        let refusals: [String: String]
        let secrets: [String]
        let lives: [String: ClientLife]
        let devices: [String: Device]

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            library = try container.decode(String.self, forKey: .library)
            refusals = try container.decode([String: String].self, forKey: .refusals)
            secrets = try container.decode([String].self, forKey: .secrets)
            lives = [
                "authlib": try container.decode(ClientLife.self, forKey: .authlib),
                "oauthlib": try container.decode(ClientLife.self, forKey: .oauthlib),
            ]
            devices = [
                "authlib": try container.decode(Device.self, forKey: .authlib),
                "oauthlib": try container.decode(Device.self, forKey: .oauthlib),
            ]
        }
    }

    @Test("DV-1: Authlib and requests-oauthlib as devices, whose user types the code elsewhere")
    func devices() async throws {
        let deployment = try #require(ClientDeployment.current)
        let story = try await deployment.tell("device_story.py", as: DeviceStory.self)
        for life in story.lives.values { life.expectUserLife(deployment, client: "terminal", isPublic: true) }
        for (name, device) in story.devices {
            let begun = device.begun
            #expect(begun.verification_uri == deployment.issuer + "/device", "\(name)")
            #expect(begun.verification_uri_complete == begun.verification_uri + "?user_code=" + begun.user_code)
            #expect(begun.interval == 5 && begun.expires_in == 600, "\(name)")
            // Cross-device phishing: the user is warned before the code is sent, and sees who asks after it.
            #expect(device.code_page.contains("Continue only if you started this yourself"), "\(name)")
            #expect(device.consent_page.contains("your own device shows this code now"), "\(name)")
            #expect(device.consent_page.contains(begun.user_code), "\(name)")
            #expect(device.consent_page.contains("<strong>terminal</strong>"), "\(name)")
            #expect(device.last_page.contains("device is connected"), "\(name)")
            #expect(device.code_again == "invalid_grant", "\(name)")
            let refusals = [
                "not decided yet": "authorization_pending", "asked too soon": "slow_down",
                "made-up code": "invalid_grant", "the user refused": "access_denied",
            ]
            for (refusal, error) in refusals {
                #expect(story.refusals["\(name): \(refusal)"] == error, "\(name): \(refusal)")
            }
        }
        #expect(story.refusals.count == 8)
    }

    private struct BoundStory: ClientStory {
        let library: String
        let refusals: [String: String]
        let secrets: [String]
        let bound: Bool
        let types: [String]
        let life: ClientLife
    }

    @Test("DP-1, DP-2: Authlib with a hook that adds proofs: the flow, its own refresh, userinfo, and the revocation")
    func authlibBound() async throws {
        let deployment = try #require(ClientDeployment.current)
        let story = try await deployment.tell("authlib_dpop_story.py", as: BoundStory.self)
        #expect(story.bound)
        #expect(story.types == ["DPoP", "DPoP"])
        // A public client's refresh token that is bound to a key needs no rotation, as a confidential client's.
        story.life.expectUserLife(deployment, client: "public", isPublic: false)
        #expect(
            story.refusals == [
                "refresh with another key": "invalid_grant", "refresh without a key": "invalid_dpop_proof",
                "userinfo with another key": "401", "userinfo without a key": "401",
            ]
        )
    }

    private struct IdentityAssertionStory: ClientStory {
        struct Life: Decodable, Sendable {
            let assertions: Int
        }
        struct Retrieval: Decodable, Sendable {
            let error: String?
            let reason: String?
            let connect_uri: String?
        }
        struct FastMCP: Decodable, Sendable {
            let tools: [String]
            let introspection: ClientLife.Introspection
            let is_error: Bool
            let retrieval: Retrieval
        }
        enum CodingKeys: String, CodingKey { case library, refusals, secrets, profiles, browser, sdk, fastmcp }

        let library: String
        let refusals: [String: String]
        let secrets: [String]
        let profiles: [String]
        let browser: ClientLife.Introspection
        let sdk: ClientLife
        let assertions: Int
        let fastmcp: FastMCP

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            library = try container.decode(String.self, forKey: .library)
            refusals = try container.decode([String: String].self, forKey: .refusals)
            secrets = try container.decode([String].self, forKey: .secrets)
            profiles = try container.decode([String].self, forKey: .profiles)
            browser = try container.decode(ClientLife.Introspection.self, forKey: .browser)
            sdk = try container.decode(ClientLife.self, forKey: .sdk)
            assertions = try container.decode(Life.self, forKey: .sdk).assertions
            fastmcp = try container.decode(FastMCP.self, forKey: .fastmcp)
        }
    }

    @Test("JB-1 … JB-10: the official SDK and FastMCP log in by their organisation's assertions")
    func identityAssertions() async throws {
        let deployment = try #require(ClientDeployment.current)
        let story = try await deployment.tell("identity_assertion_story.py", as: IdentityAssertionStory.self)
        #expect(story.profiles == ["urn:ietf:params:oauth:grant-profile:id-jag"])
        story.sdk.expectEndedByRevocation(deployment, client: "assistant")
        #expect(story.sdk.access_tokens == 2 && story.sdk.refresh_tokens == 0 && story.assertions == 2)
        #expect(story.sdk.before.scope == "mcp:read")
        // The user who logged in with a browser at the same provider is the same one, and so are the connections.
        #expect(story.sdk.before.sub == story.browser.sub)
        #expect(story.sdk.before.tsid != story.browser.tsid)
        #expect(story.sdk.users == [UpstreamUser.alice.subject, UpstreamUser.alice.subject])

        // JB-10: another user, who was never here, has a session at once and no connection.
        let introspection = story.fastmcp.introspection
        #expect(story.fastmcp.tools == ["whoami_upstream"])
        #expect(introspection.active && introspection.client_id == "assistant" && introspection.tsid != nil)
        #expect(introspection.sub?.hasPrefix("u_") == true && introspection.sub != story.browser.sub)
        #expect(story.fastmcp.is_error)
        #expect(story.fastmcp.retrieval.reason == "not_connected")
        #expect(story.fastmcp.retrieval.connect_uri?.hasPrefix(deployment.issuer + "/") == true)

        let errors = [
            "used before": "invalid_grant", "for another client": "invalid_grant",
            "for another server": "invalid_grant", "of an unknown issuer": "invalid_grant",
            "signed by a stranger": "invalid_grant", "expired": "invalid_grant",
            "without a scope of ours": "invalid_scope", "wrong secret": "invalid_client",
        ]
        for (name, error) in errors {
            #expect(story.refusals[name]?.contains("\"error\":\"\(error)\"") == true, "\(name)")
        }
        #expect(story.refusals.count == errors.count)
    }

    private struct WorkloadStory: ClientStory {
        struct Life: Decodable, Sendable {
            let members: Set<String>
            let tools: [String]
            let introspection: ClientLife.Introspection
            let retrieval: String
            let again: String
        }
        let library: String
        let refusals: [String: String]
        let secrets: [String]
        let actions: Life
        let account: Life
    }

    @Test("JB-9, D-40: a job of GitHub Actions and a service account of Kubernetes, by the assertions that they get")
    func workloads() async throws {
        let deployment = try #require(ClientDeployment.current)
        let story = try await deployment.tell("workload_story.py", as: WorkloadStory.self)
        let expected = [
            (
                story.actions, "ci-deploy",
                "https://token.actions.githubusercontent.com#repo:corp/app:ref:refs/heads/main"
            ),
            (
                story.account, "builder",
                "https://kubernetes.default.svc.cluster.local#system:serviceaccount:ci:builder"
            ),
        ]
        for (life, client, subject) in expected {
            #expect(life.tools == ["whoami_upstream"], "\(client)")
            #expect(!life.members.contains("refresh_token"), "\(client)")
            #expect(life.introspection.active && life.introspection.aud == [deployment.resource], "\(client)")
            #expect(life.introspection.client_id == client && life.introspection.sub == subject)
            #expect(life.introspection.scope == "mcp:read" && life.introspection.tsid == nil, "\(client)")
            #expect(life.retrieval == "invalid_grant" && life.again == "invalid_grant", "\(client)")
        }
        #expect(story.refusals["a scope beyond the rule"] == "invalid_scope")
        #expect(story.refusals["an unknown resource"] == "invalid_target")
        let others = story.refusals.filter { !["a scope beyond the rule", "an unknown resource"].contains($0.key) }
        #expect(others.count == 13)
        #expect(others.values.allSatisfy { $0 == "invalid_grant" }, "\(others)")
    }
}
