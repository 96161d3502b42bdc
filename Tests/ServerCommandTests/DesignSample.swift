/// The configuration that the design shows, with files and addresses that exist on no machine.
enum DesignSample {
    /// The page's text unchanged; its last resource names an upstream that is not configured.
    static let text = """
        issuer: https://auth.example.com
        listen:
          - address: 0.0.0.0:8443
            tls: {certificate_file: /etc/gatehouse/tls.crt, private_key_file: /etc/gatehouse/tls.key}
        management: {address: 127.0.0.1:9090, admin_token: {file: /etc/gatehouse/admin-token}}
        storage:
          directory: /var/lib/gatehouse
          encryption_key: {file: /etc/gatehouse/storage.key}
          snapshot_interval: 5m
          journal: always
        signing: {algorithm: ES256, rotation_interval: 30d}
        tokens:
          access_token_lifetime: 1h
          refresh_token_lifetime: 7d
          session_lifetime: 30d
          authorization_code_lifetime: 60s
          refresh_reuse_grace: 120s
        consent: always
        registration:
          dynamic: true
          client_id_metadata_documents: true
          allowed_private_use_redirects: ["cursor://anysphere.cursor-mcp/oauth/callback"]
        scopes: [openid, profile, email, offline_access, "mcp:read"]
        upstreams:
          - name: github
            preset: github
            client_id: Iv1.abc
            client_secret: {file: /etc/gatehouse/github-secret}
            scopes: [repo, "read:user"]
          - name: corp
            type: oidc
            issuer: https://login.corp.example
            client_id: gatehouse
            client_secret: {env: CORP_SECRET}
            scopes: [openid, profile, email, offline_access]
            optional: true
            additional_authorization_parameters: {prompt: consent}
        resources:
          - uri: https://mcp.example.com/mcp
            scopes: ["mcp:read"]
            upstreams: [github, corp]
            client_id: mcp-server
            client_secret: {file: /etc/gatehouse/mcp-server-secret}
          - uri: https://tools.example.com/mcp
            scopes: ["mcp:read"]
            upstreams: [internal]
        clients:
          - client_id: cli
            redirect_uris: ["http://127.0.0.1/callback"]
            token_endpoint_auth_method: none
            trusted: true
          - client_id: batch
            client_name: Nightly batch
            token_endpoint_auth_method: client_secret_basic
            client_secret: {file: /etc/gatehouse/batch-secret}
            grant_types: [client_credentials]
            scopes: ["mcp:read"]
        limits:
          registrations_per_source: {burst: 20, per_minute: 30}
          failures_per_source: {burst: 50, per_minute: 60}
          authorizations_per_source: {burst: 100, per_minute: 300}
          connections: 20000
        outbound: {ca_file: /etc/ssl/corp-ca.pem}
        trusted_proxies: []
        """

    /// The same without the upstream that does not exist.
    static let valid = text.replacing("[internal]", with: "[corp]")
}
