import Foundation
import Testing

extension EndToEndTests {
    /// `gatehouse config schema`, read by a validator that knows nothing of us.
    @Suite("The configuration's JSON Schema agrees with the server")
    struct ConfigurationSchemaTests {
        private struct Question: Encodable {
            let schema: String
            let documents: [String: String]
        }

        private struct Answer: Decodable {
            let schemaError: String?
            let refusals: [String: [String]]
        }

        @Test("it accepts every file that check-config accepts, and the documentation's samples")
        func accepts() async throws {
            let samples = Self.accepted.map { "issuer: https://a.example\n" + $0 }
            for sample in samples {
                let outcome = try await Self.checkConfiguration(sample)
                #expect(outcome.status == 0, "\(sample)\n\(outcome.output)")
            }
            let documented = try Self.documentedSamples()
            #expect(!documented.isEmpty)
            let all = samples + documented
            let answer = try await Self.validate(all)
            #expect(answer.schemaError == nil)
            for sample in all { #expect(answer.refusals[sample] == [], "\(sample)") }
        }

        @Test("it refuses what check-config refuses, where a schema can say it")
        func refuses() async throws {
            let samples = Self.refused.map { "issuer: https://a.example\n" + $0 }
            for sample in samples {
                #expect(try await Self.checkConfiguration(sample).status == 1, "\(sample)")
            }
            let answer = try await Self.validate(samples)
            for sample in samples { #expect(answer.refusals[sample]?.isEmpty == false, "\(sample)") }
        }

        private static func validate(_ documents: [String]) async throws -> Answer {
            let schema = try await run(["config", "schema"])
            try #require(schema.status == 0)
            let question = Question(
                schema: schema.output,
                documents: Dictionary(documents.map { ($0, $0) }, uniquingKeysWith: { first, _ in first })
            )
            return try await VirtualEnvironment.mcp2.run(
                "schema_check.py",
                input: JSONEncoder().encode(question),
                as: Answer.self
            )
        }

        private static func checkConfiguration(_ text: String) async throws -> (status: Int32, output: String) {
            let file = FileManager.default.temporaryDirectory.appending(path: "schema-\(UUID().uuidString).yaml")
            try text.write(to: file, atomically: true, encoding: .utf8)
            defer { try? FileManager.default.removeItem(at: file) }
            return try await run(["check-config", "--config", file.path()])
        }

        private static func run(_ arguments: [String]) async throws -> (status: Int32, output: String) {
            let child = try ChildProcess(
                name: "gatehouse \(arguments[0])",
                executable: GatehouseBinary.url(),
                arguments: arguments,
                environment: ["S": "a secret of thirty-two characters", "PATH": "/usr/bin:/bin"],
                input: Data()
            )
            let status = try await child.exitStatus(within: .seconds(30))
            return (status, String(decoding: child.progress.standardOutput, as: UTF8.self))
        }

        /// The YAML blocks of README that are whole files.
        private static func documentedSamples() throws -> [String] {
            let readme = try String(contentsOf: SourceFolder.package.appending(path: "README.md"), encoding: .utf8)
            return readme.split(separator: "```yaml\n").dropFirst()
                .compactMap { $0.split(separator: "```").first.map(String.init) }
                .filter { $0.hasPrefix("issuer:") }
        }

        private static let accepted = [
            "",
            "listen: [{address: '[::1]:0'}, {address: 127.0.0.1:8080}]\nmanagement: {admin_token: {env: S}}",
            "management:\nlimits:\nupstreams:\nresources: []\ntrusted_proxies:",
            "storage: {snapshot_interval: 1m30s, journal: off}\nsigning: {algorithm: RS256, rotation_interval: 1d}",
            "tokens: {access_token_lifetime: 5m, refresh_token_lifetime: 2h, refresh_reuse_grace: 0s}\nconsent: remember",
            """
            registration:
              dynamic: false
              metadata_document_policy: domains
              metadata_document_domains: [a.example]
              metadata_document_bytes: 2048
              force_confidential_redirects: ["https://c.example/cb"]
              initial_access_token: {env: S}
            """,
            """
            upstreams:
              - {name: g, preset: github, client_id: 42, client_secret: {env: S}}
              - {name: k, preset: keycloak, issuer: "https://k.example/r", client_id: c, client_secret: {env: S},
                 required_claims: {level: 3, groups: [a, b]}, claims: {"realm.roles": roles}, optional: true,
                 additional_authorization_parameters: {prompt: consent}, scopes: [openid]}
              - {name: o, type: oauth2, authorization_endpoint: "https://o.example/a", token_endpoint: "https://o.example/t",
                 userinfo: {endpoint: "https://o.example/u", subject: [id]}, registration: {endpoint: "https://o.example/r"}}
              - {name: i, type: oidc, issuer: "https://i.example", registration: , background_refresh: true}
            forward_auth: {secret: {env: S}}
            resources:
              - {uri: "https://m.example/mcp", scopes: [openid], upstreams: [g], forward_auth: {upstream: g}}
              - {uri: "https://n.example/mcp", client_id: n, jwks: {keys: [{kty: OKP, crv: Ed25519, x: AAAA}]}}
            clients:
              - {client_id: a, client_name: A, redirect_uris: ["http://127.0.0.1/cb"], trusted: true, scopes: []}
              - {client_id: b, client_secret: {env: S}, grant_types: [client_credentials]}
            """,
            "limits: {failures_per_source: {burst: 1}, connections: 5}\ntrusted_proxies: [10.0.0.0/8, '::1']",
        ]

        private static let refused = [
            "isuer: https://b.example",
            "tokens: {acces_token_lifetime: 5m}",
            "tokens: {access_token_lifetime: 300}",
            "tokens: {access_token_lifetime: 5 minutes}",
            "tokens: 1h",
            "consent: never",
            "registration: {dynamic: yes}",
            "limits: {connections: 0}",
            "limits: {connections: many}",
            "listen: []",
            "listen: [{tls: {certificate_file: /c, private_key_file: /k}}]",
            "listen: [{address: '127.0.0.1:0', tls: {certificate_file: /c}}]",
            "management: {admin_token: secret}",
            "management: {admin_token: {}}",
            "scopes: openid",
            "scopes: [a, a]",
            "upstreams: [{name: n, client_id: c, client_secret: {env: S}}]",
            "upstreams: [{name: n, preset: gitbub, client_id: c, client_secret: {env: S}}]",
            "upstreams: [{name: n, preset: google, type: oidc, client_id: c, client_secret: {env: S}}]",
            """
            upstreams:
              - {name: n, preset: google, client_id: c, client_secret: {env: S},
                 additional_authorization_parameters: {state: x}}
            """,
            "clients: [{redirect_uris: ['https://c.example/cb']}]",
            "clients: [{client_id: c, redirect_uris: ['https://c.example/cb'], grant_types: []}]",
            "clients: [{client_id: c, redirect_uris: ['https://c.example/cb'], grant_types: [password]}]",
        ]
    }
}
