import Foundation
import Testing

extension EndToEndTests {
    /// A user's client, two MCP servers in a row, and the account that the second one reads for the user.
    @Suite("Two MCP servers in a row")
    struct DelegationTests {
        @Test("TX-2, RFC 8693 §4.1: the second server reads the user's account, and the audit trail names both servers")
        func twoHops() async throws {
            try await Stage.run { stage in
                let (story, gatehouse, resources) = try await story(stage)
                expectChain(story, resources)
                expectRefusals(story)

                #expect(try await gatehouse.stop() == 0)
                let said = gatehouse.progress.everything
                try expectAudit(story, resources, said)
                let second = story.answer.next
                for secret in [story.answer.token, second.token, second.upstream_access_token, story.refresh_token] {
                    let signature = secret.split(separator: ".").last.map(String.init) ?? secret
                    #expect(!said.contains(signature), "gatehouse wrote a secret to its output")
                }
            }
        }

        private typealias Resources = (first: String, second: String)

        private func story(_ stage: Stage) async throws -> (DelegationStory, ChildProcess, Resources) {
            let issuer = "http://" + (try await stage.reserveAddress())
            let secrets = (
                github: try stage.secret("github-secret"), first: try stage.secret("gateway-secret"),
                second: try stage.secret("tools-secret")
            )
            let provider = try await stage.serve("github_provider.py", ["--client-secret", secrets.github.value])
            guard let github = provider["base"] else { throw HarnessError("incomplete: \(provider)") }
            func server(_ name: String, _ secret: String, _ more: [String]) async throws -> String {
                let arguments = ["--issuer", issuer, "--client-id", name, "--client-secret-file", secret]
                let facts = try await stage.serve("delegating_server.py", arguments + more)
                guard let resource = facts["resource"] else { throw HarnessError("incomplete: \(facts)") }
                return resource
            }
            let second = try await server("tools", secrets.second.path, ["--api", github + "/user"])
            let first = try await server("gateway", secrets.first.path, ["--next", second])
            let configuration = """
                issuer: \(issuer)
                listen:
                  - address: \(issuer.dropFirst("http://".count))
                management: {address: "127.0.0.1:0"}
                scopes: [offline_access, "mcp:read", "mcp:write"]
                upstreams:
                  - name: github
                    type: oauth2
                    authorization_endpoint: \(github)/login/oauth/authorize
                    token_endpoint: \(github)/login/oauth/access_token
                    userinfo: {endpoint: "\(github)/user", subject: [id], name: [name, login], email: [email]}
                    api: \(github)/user
                    client_id: gatehouse
                    client_secret: {file: \(secrets.github.path)}
                    token_endpoint_auth_method: client_secret_post
                    scopes: [read:user]
                    allow_insecure_http: true
                    allow_private_network: true
                resources:
                  - uri: \(first)
                    scopes: ["mcp:read"]
                    upstreams: [github]
                    client_id: gateway
                    client_secret: {file: \(secrets.first.path)}
                    delegates_to: ["\(second)"]
                  - uri: \(second)
                    scopes: ["mcp:read", "mcp:write"]
                    upstreams: [github]
                    client_id: tools
                    client_secret: {file: \(secrets.second.path)}

                """
            let gatehouse = try await stage.gatehouse(configuration, issuer: issuer)
            let story = try await VirtualEnvironment.mcp2.run(
                "delegation_story.py",
                [
                    "--issuer", issuer, "--first", first, "--second", second,
                    "--first-secret-file", secrets.first.path, "--second-secret-file", secrets.second.path,
                ],
                as: DelegationStory.self
            )
            return (story, gatehouse, (first, second))
        }

        private func expectChain(_ story: DelegationStory, _ resources: Resources) {
            let (first, second) = (story.answer.claims, story.answer.next.claims)
            #expect(first.aud == resources.first && first.client_id == story.client_id && first.act == nil)
            #expect(second.aud == resources.second && second.client_id == "gateway")
            // The user stays the subject, and what the user allowed stays the limit.
            #expect(second.sub == first.sub && second.tsid == first.tsid && second.scope == "mcp:read")
            #expect(second.act?.sub == "gateway" && second.act?.iss == first.iss)
            #expect(second.exp <= first.exp && second.exp - second.iat <= 900)
            #expect(story.introspection.active && story.introspection.act?.sub == "gateway")
            #expect(story.introspection.aud == resources.second && story.introspection.sub == first.sub)
            #expect(story.delegation.refresh_token == nil && story.delegation.expires_in <= 900)
            #expect(story.delegation.issued_token_type == "urn:ietf:params:oauth:token-type:access_token")
            #expect(story.answer.next.user.login == "octo-ada")
            #expect(story.answer.next.user.id == 9_007_199_254_740_993)
            #expect(story.answer.next.upstream_access_token.hasPrefix("gho_"))
        }

        private func expectRefusals(_ story: DelegationStory) {
            #expect(
                story.refusals == [
                    "the first's token by the second": "invalid_target",
                    "the delegated token by the first": "invalid_target", "back to the first": "unauthorized_client",
                    "to an unknown resource": "invalid_target", "more than the token's scope": "invalid_scope",
                    "another's token as actor": "invalid_grant",
                ]
            )
            #expect(
                story.statuses == ["the first's token at the second": 401, "the delegated token at the first": 401]
            )
            #expect(!story.after.introspection.active)
            #expect(story.after.retrieval == "invalid_grant" && story.after.delegation == "invalid_grant")
        }

        private struct AuditLine: Decodable {
            let event: String
            let client_id: String?
            let sub: String?
            let resource: String?
            let upstream: String?
            let account: String?
            let result: String?
            let act: [String]?
        }

        private func expectAudit(_ story: DelegationStory, _ resources: Resources, _ said: String) throws {
            let lines = said.split(separator: "\n").filter { $0.contains("\"event\":") }
            let events = try lines.map { try JSONDecoder().decode(AuditLine.self, from: Data($0.utf8)) }
            let delegated = events.filter { $0.event == "token.delegated" }
            #expect(delegated.count == 2)
            for line in delegated {
                #expect(line.client_id == "gateway" && line.act == ["gateway"] && line.resource == resources.second)
                #expect(line.sub == story.answer.claims.sub)
            }
            let retrieved = events.filter { $0.event == "upstream_token.exchanged" && $0.result == "success" }
            let line = try #require(retrieved.count == 1 ? retrieved.first : nil)
            #expect(line.client_id == "tools" && line.act == ["gateway"] && line.upstream == "github")
            #expect(line.sub == story.answer.claims.sub && line.account == "9007199254740993")
            #expect(events.filter { $0.event == "delegation.refused" }.count == 4)
        }
    }
}

/// What `delegation_story.py` prints.
private struct DelegationStory: Decodable, Sendable {
    struct Actor: Decodable, Sendable {
        let iss: String
        let sub: String
    }
    struct Claims: Decodable, Sendable {
        let iss: String
        let sub: String
        let aud: String
        let client_id: String
        let scope: String
        let tsid: String
        let iat: Int
        let exp: Int
        let act: Actor?
    }
    struct GitHubUser: Decodable, Sendable {
        let id: Int
        let login: String
    }
    struct Second: Decodable, Sendable {
        let claims: Claims
        let token: String
        let user: GitHubUser
        let upstream_access_token: String
    }
    struct First: Decodable, Sendable {
        let claims: Claims
        let token: String
        let next: Second
    }
    struct Delegation: Decodable, Sendable {
        let expires_in: Int
        let issued_token_type: String
        let refresh_token: String?
    }
    struct Introspection: Decodable, Sendable {
        let active: Bool
        let aud: String?
        let sub: String?
        let act: Actor?
    }
    struct After: Decodable, Sendable {
        let introspection: Introspection
        let retrieval: String
        let delegation: String
    }

    /// What the user's client got from the first server.
    let answer: First
    let client_id: String
    let refresh_token: String
    /// The token endpoint's answer to one more delegation.
    let delegation: Delegation
    /// What the second server learns of the delegated token.
    let introspection: Introspection
    let refusals: [String: String]
    /// What the servers say to tokens that are for the other one.
    let statuses: [String: Int]
    /// When the user's session has ended.
    let after: After
}
