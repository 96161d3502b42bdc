import Foundation
import OpenSSLCrypto
import Testing

extension DurabilityTests {
    /// A run configuration of the other system, converted by the program and served by it.
    @Suite("gatehouse import toolhive")
    struct ToolHiveStartTests {
        /// One upstream, whose signing keys and secret are files.
        private static let single = """
            schema_version: v0.1.0
            issuer: https://auth.example.com
            signing_key_config: {key_dir: KEYS, signing_key_file: current.pem, fallback_key_files: [old.pem]}
            token_lifespans: {access_token_lifespan: 30m, refresh_token_lifespan: 72h, auth_code_lifespan: 5m}
            upstreams:
              - type: oauth2
                oauth2_config:
                  authorization_endpoint: https://provider.example/authorize
                  token_endpoint: https://provider.example/token
                  client_id: gatehouse
                  client_secret_file: KEYS/provider
                  scopes: [read]
                  userinfo: {endpoint_url: "https://provider.example/me", field_mapping: {subject_fields: [id]}}
            allowed_audiences: ["https://mcp.example.com/mcp"]
            storage: {type: memory}
            """

        /// Two upstreams one after the other, and clients that must register with a secret.
        private static let chain = """
            issuer: https://auth.example.com
            upstreams:
              - name: corp
                type: oidc
                oidc_config: {issuer_url: "https://login.example", client_id: g, client_secret_env_var: CORP_SECRET}
              - name: tools
                type: oidc
                oidc_config: {issuer_url: "https://tools.example", client_id: public-client}
            scopes_supported: [openid, offline_access, "mcp:read"]
            allowed_audiences: ["https://a.example.com/mcp", "https://b.example.com/mcp"]
            allow_confidential_client_registration: true
            force_confidential_redirect_uris: ["https://app.example.com/callback"]
            storage: {type: redis, redis_config: {addr: "redis:6379"}}
            """

        /// Trusted issuers, one of them with delegates, one with workloads.
        private static let issuers = """
            {"issuer": "https://auth.example.com", "delegation_token_lifespan": "10m",
             "scopes_supported": ["openid", "mcp:read"], "allowed_audiences": ["https://a.example.com/mcp"],
             "upstreams": [{"name": "corp", "type": "oidc",
                            "oidc_config": {"issuer_url": "https://login.example", "client_id": "g"}}],
             "delegate_clients": [{"client_id": "agent", "client_secret_env_var": "AGENT_SECRET", "scopes": ["mcp:read"],
                                   "audiences": ["https://a.example.com/mcp"]}],
             "trusted_issuers": [
               {"issuer_url": "https://sts.example", "jwks_url": "https://sts.example/keys",
                "expected_audience": "api://gatehouse", "actor_claim": "appid", "allowed_actors": ["portal"],
                "allowed_delegate_clients": ["agent"], "allow_may_act": true},
               {"issuer_url": "https://ci.example", "jwt_bearer_grant": {"max_assertion_age": "10m",
                "subject_bindings": [{"subject": "repo:corp/app:ref:refs/heads/main",
                                      "allowed_resources": ["https://a.example.com/mcp"]}]}}
             ]}
            """

        @Test(
            "converts three kinds of run configurations, with each of which the server starts",
            arguments: [single, chain, issuers]
        )
        func starts(source: String) async throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "gatehouse-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            // A folder left in the temporary directory does no harm.
            defer { try? FileManager.default.removeItem(at: folder) }
            func write(_ text: String, _ name: String) throws -> String {
                let file = folder.appending(path: name)
                try Data(text.utf8).write(to: file)
                return file.path()
            }
            for name in ["current.pem", "old.pem"] { _ = try write(try PrivateKey.generate(.es256).pem, name) }
            _ = try write(Self.secret(), "provider")
            let theirs = try write(source.replacing("KEYS", with: folder.path()), "run-configuration")
            let converted = try await GatehouseProcess.run(["import", "toolhive", theirs])
            #expect(converted.status == 0)
            let place = folder.appending(path: "data").path()
            let ours = try write(converted.output, "gatehouse.yaml")
            let process = try GatehouseProcess(
                [
                    #"GATEHOUSE_LISTEN=[{address: "127.0.0.1:0"}]"#, "GATEHOUSE_MANAGEMENT_ADDRESS=127.0.0.1:0",
                    "GATEHOUSE_STORAGE_DIRECTORY=" + place,
                    "CORP_SECRET=" + Self.secret(), "AGENT_SECRET=" + Self.secret(),
                    try GatehouseProcess.executable(), "serve", "--config", ours,
                ],
                program: "/usr/bin/env"
            )
            let line = try await process.ready()
            #expect(line.contains("ready at https://auth.example.com"))
            #expect(await process.stop().status == 0)
        }

        private static func secret() -> String {
            (0..<4).map { _ in String(UInt64.random(in: 1 << 63 ... .max), radix: 16) }.joined()
        }
    }
}
