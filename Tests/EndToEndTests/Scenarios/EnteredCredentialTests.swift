import Foundation
import Testing

extension EndToEndTests {
    /// A user's API key: in front of a service that knows nothing of OAuth, and in the middle of a tool's call.
    @Suite("Credentials that users enter")
    struct EnteredCredentialTests {
        @Test(
            "nginx injects the user's key, as the recipe has it; the service sees no token, and no key of the client's"
        )
        func injection() async throws {
            try await Stage.run { stage in
                let entered = try await EnteredStage(stage)
                let gatehouse = try await entered.gatehouse()
                let recipe = SourceFolder.package.appending(path: "Deploy/Proxies/nginx-credentials.conf")
                let front = try await stage.serve(
                    "nginx_front.py",
                    [
                        "--documentation", recipe.path(), "--gatehouse", entered.management, "--issuer",
                        entered.issuer, "--secret-file", entered.proxySecret,
                    ]
                )
                let story = try await VirtualEnvironment.mcp2.run(
                    "entered_forward_auth_story.py",
                    [
                        "--issuer", entered.issuer, "--upstream", "weather", "--upstream-issuer", entered.corp,
                        "--resource", EnteredStage.resource, "--other-resource", EnteredStage.otherResource,
                        "--client-secret-file", entered.resourceSecret, "--key-file", entered.key.path,
                        "--user", UpstreamUser.alice.subject, "--front", try EnteredStage.fact("front", front),
                        "--service", try EnteredStage.fact("service", front),
                    ],
                    as: InjectionStory.self
                )
                try expectInjected(story, entered.key.value)
                try expectRefused(story)
                #expect(try await gatehouse.stop() == 0)
                let said = gatehouse.progress.everything
                for secret in story.tokens + [entered.key.value] { #expect(!said.contains(secret)) }
            }
        }

        private func expectInjected(_ story: InjectionStory, _ key: String) throws {
            // Without a key the caller learns where its user enters one, and the service is not asked.
            #expect(story.unconnected.status == 403 && story.unconnected.challenge == nil)
            #expect(story.unconnected.headers["x-gatehouse-connect-uri"]?.contains("/connections/connect/") == true)
            #expect(story.requests_unconnected == 0)
            // The weather service refused the first one; no page had either of them.
            #expect(story.entered == [400, 200] && story.answers.count == 2)
            for page in story.answers { #expect(!page.contains(key) && !page.contains("wk_of_somebody_else")) }
            for answer in [story.good, story.good_spoofed, story.again] {
                #expect(answer.status == 200)
                let seen = try #require(answer.seen)
                // Once, with the configured field and form, whatever the client sent under its name.
                #expect(seen["x-api-key"] == ["Key \(key)"])
                #expect(seen["x_api_key"] == nil && seen["authorization"] == nil)
                #expect(seen["x-auth-subject"] == [story.claims.sub])
                #expect(seen["x-gatehouse-proxy-secret"] == nil)
                let values = seen.values.joined()
                #expect(!values.contains { value in story.tokens.contains { value.contains($0) } })
                // The client gets none of what is meant for the service.
                #expect(answer.headers["x-api-key"] == nil && answer.headers["x-gatehouse-connect-uri"] == nil)
            }
            #expect(story.good.seen?["x-auth-session"] == [story.claims.tsid])
            #expect(story.requests_when_good == 2)
        }

        private func expectRefused(_ story: InjectionStory) throws {
            #expect(story.refused.count == 6 && story.revocation == 200)
            for (name, answer) in story.refused {
                #expect(answer.status == 401 && answer.seen == nil, "\(name)")
                #expect(answer.challenge?.contains("resource_metadata=") == true, "\(name)")
                let headers = answer.headers
                #expect(headers["x-api-key"] == nil && headers["x-gatehouse-connect-uri"] == nil, "\(name)")
            }
            #expect(story.disconnected.status == 403 && story.disconnected.seen == nil)
            #expect(story.disconnected.headers["x-gatehouse-connect-uri"] != nil)
            #expect(story.requests == story.requests_when_good + 1, "a refused request reached the service")
        }

        @Test("the unmodified SDK logs in once, shows the URL that the tool asks for, and the same call succeeds")
        func elicitation() async throws {
            try await Stage.run { stage in
                let entered = try await EnteredStage(stage)
                let server = try await stage.serve(
                    "entered_server.py",
                    [
                        "--issuer", entered.issuer, "--client-id", "mcp-server", "--client-secret-file",
                        entered.resourceSecret, "--weather", entered.weather,
                    ]
                )
                let resource = try EnteredStage.fact("resource", server)
                let gatehouse = try await entered.gatehouse(resource: resource)
                let stories = try await VirtualEnvironment.mcp2.run(
                    "entered_story.py",
                    [
                        "--server", resource, "--user", UpstreamUser.alice.subject, "--unwilling",
                        UpstreamUser.bob.subject, "--key-file", entered.key.path,
                    ],
                    as: [String: ElicitationStory].self
                )
                try expectElicited(try #require(stories["willing"]), entered)
                // A user who does not open the page ends the call, and nothing is stored.
                let unwilling = try #require(stories["unwilling"])
                #expect(unwilling.failed == true && unwilling.error == nil)
                #expect(unwilling.shown.count == 1 && unwilling.statuses.isEmpty)

                #expect(try await gatehouse.stop() == 0)
                let said = gatehouse.progress.everything
                let tokens = stories.values.flatMap(\.tokens)
                for secret in tokens + [entered.key.value] { #expect(!said.contains(secret)) }
            }
        }

        private func expectElicited(_ story: ElicitationStory, _ entered: EnteredStage) throws {
            #expect(story.error == nil && story.failed == false)
            guard case .answer(let result)? = story.result else {
                Issue.record("no result: \(story)")
                return
            }
            // The service took the key, and nothing else came with it.
            #expect(result.status == 200 && result.answer.forecast == "rain" && result.answer.authorization == nil)
            // One login at one provider; the key is no part of it.
            #expect(story.logins == 1 && !story.visits.contains { $0.contains("weather") })
            #expect(story.shown.map(\.url) == [result.retrievals.dropLast().last?.connect_uri])
            #expect(story.statuses == [400, 200])
            for page in story.answers { #expect(!page.contains(entered.key.value)) }
            let last = try #require(result.retrievals.last)
            #expect(last.status == 200 && last.token_type == "N_A" && last.header == "X-Api-Key")
            #expect(last.upstream_fields == ["station": "north"])
            #expect(result.retrievals.dropLast().allSatisfy { $0.reason == "not_connected" })
        }
    }
}

/// What `entered_forward_auth_story.py` prints.
private struct InjectionStory: Decodable, Sendable {
    struct Claims: Decodable, Sendable {
        let sub: String
        let tsid: String
    }
    struct Answer: Decodable, Sendable {
        let status: Int
        let challenge: String?
        let headers: [String: String]
        /// The header fields that the service saw; absent when it was not asked.
        let seen: [String: [String]]?
    }

    let claims: Claims
    let unconnected: Answer
    let requests_unconnected: Int
    let entered: [Int]
    let answers: [String]
    let good: Answer
    let good_spoofed: Answer
    let requests_when_good: Int
    let refused: [String: Answer]
    let revocation: Int
    /// With the next session of the same user.
    let again: Answer
    let disconnected: Answer
    let requests: Int
    let tokens: [String]
}

/// What `entered_story.py` prints for one user.
private struct ElicitationStory: Decodable, Sendable {
    struct Failure: Decodable, Sendable {
        let type: String
        let message: String
    }
    struct Shown: Decodable, Sendable {
        let url: String
    }
    struct Retrieval: Decodable, Sendable {
        let status: Int
        let reason: String?
        let connect_uri: String?
        let token_type: String?
        let header: String?
        let upstream_fields: [String: String]?
    }
    struct Forecast: Decodable, Sendable {
        let forecast: String
        let authorization: String?
    }
    struct Result: Decodable, Sendable {
        let status: Int
        let answer: Forecast
        let retrievals: [Retrieval]
    }
    enum Outcome: Decodable, Sendable {
        case answer(Result)
        case failure(String)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self = .failure(text)
            } else {
                self = .answer(try container.decode(Result.self))
            }
        }
    }

    let failed: Bool?
    let result: Outcome?
    let error: Failure?
    let logins: Int
    let visits: [String]
    let shown: [Shown]
    let statuses: [Int]
    let answers: [String]
    let tokens: [String]
}
