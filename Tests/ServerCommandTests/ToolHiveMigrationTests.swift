import OAuthProtocol
import ServerConfiguration
import Testing
import UpstreamIdentity

@testable import GatehouseHosting
@testable import ServerCommand

@Suite("gatehouse import toolhive")
struct ToolHiveMigrationTests {
    private static let single = """
        schema_version: v0.1.0
        issuer: https://auth.example.com
        signing_key_config: {key_dir: /keys, signing_key_file: current.pem, fallback_key_files: [old.pem]}
        hmac_secret_files: [/keys/hmac]
        token_lifespans: {access_token_lifespan: 1h0m0s, refresh_token_lifespan: 168h, auth_code_lifespan: 10m}
        upstreams:
          - type: oauth2
            oauth2_config:
              authorization_endpoint: https://github.com/login/oauth/authorize
              token_endpoint: https://github.com/login/oauth/access_token
              client_id: Iv1.abc
              client_secret_file: /keys/github
              scopes: [repo]
              userinfo: {endpoint_url: "https://api.github.com/user", field_mapping: {subject_fields: [id], name_fields: [name]}}
        allowed_audiences: ["https://mcp.example.com/mcp"]
        storage: {type: memory}
        """

    private static let chain = """
        issuer: https://auth.example.com
        upstreams:
          - name: corp
            type: oidc
            oidc_config: {issuer_url: "https://login.corp.example", client_id: gatehouse, client_secret_env_var: CORP_SECRET, scopes: [openid, email], additional_authorization_params: {hd: corp.example}}
          - name: tools
            type: oidc
            oidc_config: {issuer_url: "https://tools.example", client_id: public-client, allow_private_ips: true}
        scopes_supported: [openid, email, offline_access, "mcp:read"]
        baseline_client_scopes: [offline_access]
        allowed_audiences: ["https://a.example.com/mcp", "https://b.example.com/mcp"]
        allow_confidential_client_registration: true
        force_confidential_redirect_uris: ["https://app.example.com/callback"]
        cimd: {enabled: true, cache_max_size: 256}
        storage: {type: redis, redis_config: {addr: "redis:6379"}}
        """

    private static let issuers = """
        {"issuer": "https://auth.example.com", "delegation_token_lifespan": "15m",
         "scopes_supported": ["openid", "mcp:read"], "allowed_audiences": ["https://a.example.com/mcp"],
         "upstreams": [{"name": "corp", "type": "oidc", "oidc_config": {"issuer_url": "https://login.corp.example", "client_id": "g"}}],
         "delegate_clients": [{"client_id": "agent", "client_secret_env_var": "AGENT", "scopes": ["mcp:read"], "audiences": ["https://a.example.com/mcp"]}],
         "trusted_issuers": [
           {"issuer_url": "https://sts.example", "jwks_url": "https://sts.example/keys", "expected_audience": "api://gatehouse",
            "actor_claim": "appid", "allowed_actors": ["portal"], "allowed_delegate_clients": ["agent"], "allow_may_act": true},
           {"issuer_url": "https://ci.example", "jwt_bearer_grant": {"max_assertion_age": "10m",
            "subject_bindings": [{"subject": "repo:corp/app:ref:refs/heads/main", "allowed_resources": ["https://a.example.com/mcp"]}]}},
           {"issuer_url": "https://x.example", "expected_audience": "y", "actor_matcher": "claims.a == 'b'", "allow_may_act": true, "allowed_delegate_clients": ["agent"]}
         ]}
        """

    @Test(
        "three run configurations become configurations that are accepted as they are",
        arguments: [single, chain, issuers]
    )
    func accepted(source: String) throws {
        let migration = ToolHiveMigration(try YAMLConfiguration.parse(source))
        #expect(refusals(migration.text) == [], "\(migration.text)")
        #expect(!migration.notes.isEmpty)
        for note in migration.notes { #expect(migration.text.contains("# " + note)) }
    }

    @Test("a single upstream: lifetimes, keys, endpoints and the user's fields")
    func singleUpstream() throws {
        let migration = ToolHiveMigration(try YAMLConfiguration.parse(Self.single))
        let configuration = try decode(migration.text)
        #expect(configuration.tokens.accessTokenLifetime == .seconds(3600))
        #expect(configuration.tokens.refreshTokenLifetime == .seconds(168 * 3600))
        #expect(configuration.tokens.authorizationCodeLifetime == .seconds(600))
        #expect(configuration.signing.keyFiles == ["/keys/current.pem", "/keys/old.pem"])
        #expect(configuration.upstreams.map(\.name) == ["default"])
        #expect(configuration.upstreams[0].clientSecret == .file("/keys/github"))
        #expect(configuration.upstreams[0].endpoints.userInfo?.endpoint == "https://api.github.com/user")
        #expect(configuration.resources.map(\.uri) == ["https://mcp.example.com/mcp"])
        #expect(!configuration.registration.acceptsMetadataDocuments)
        #expect(migration.notes.contains { $0.hasPrefix("hmac_secret_files") })
    }

    @Test("a chain with confidential registration: order, parameters, and what has no equivalent")
    func upstreamChain() throws {
        let migration = ToolHiveMigration(try YAMLConfiguration.parse(Self.chain))
        let configuration = try decode(migration.text)
        #expect(configuration.resources.allSatisfy { $0.upstreams == ["corp", "tools"] })
        #expect(configuration.upstreams[0].additionalAuthorizationParameters.map(\.name) == ["hd"])
        #expect(configuration.upstreams[1].tokenEndpointAuthMethod == TokenEndpointAuthenticationMethod.none)
        #expect(configuration.upstreams[1].allowsPrivateNetwork)
        #expect(configuration.registration.forceConfidentialRedirects == ["https://app.example.com/callback"])
        #expect(configuration.registration.acceptsMetadataDocuments)
        for word in ["baseline_client_scopes", "storage: redis", "cache_max_size", "oauth/callback/corp"] {
            #expect(migration.notes.contains { $0.contains(word) }, "\(word)")
        }
    }

    @Test("trusted issuers and delegates: subjects, workloads, and an expression that has to be written by hand")
    func trustedIssuers() throws {
        let migration = ToolHiveMigration(try YAMLConfiguration.parse(Self.issuers))
        let configuration = try decode(migration.text)
        #expect(configuration.tokens.delegationLifetime == .seconds(900))
        #expect(configuration.clients[0].isDelegate && configuration.clients[0].delegationTargets.count == 1)
        let subjects = try #require(configuration.trustedIssuers[0].subjects)
        #expect(subjects.actors == ["portal"] && subjects.actorClaim == "appid" && subjects.acceptsMayAct)
        #expect(configuration.trustedIssuers[0].audiences == ["api://gatehouse"])
        let ci = configuration.trustedIssuers[1]
        #expect(ci.assertionLifetimeMax == .seconds(600) && ci.subjects == nil)
        #expect(ci.workloads[0].accepts(["sub": "repo:corp/app:ref:refs/heads/main"]))
        // Its condition cannot be converted: an entry without it would accept what the other server refuses.
        #expect(migration.notes.contains { $0.contains("https://x.example") && $0.contains("actor_matcher") })
        #expect(configuration.trustedIssuers.map(\.issuer) == ["https://sts.example", "https://ci.example"])
    }

    @Test(
        "what is unknown or malformed is reported and left out",
        arguments: ["{}", "issuer: [x]", "surprise: 1", "upstreams: 7"]
    )
    func lenient(source: String) throws {
        let migration = ToolHiveMigration(try YAMLConfiguration.parse(source))
        #expect(!refusals(migration.text).isEmpty)
        #expect(migration.notes.contains { $0.contains("surprise") } == source.contains("surprise"))
    }
}
