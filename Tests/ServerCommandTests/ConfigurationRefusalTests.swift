import Testing

@testable import ServerCommand

/// A fragment that is refused, and the line it is refused with.
struct Refusal: CustomTestStringConvertible, Sendable {
    let yaml: String
    let line: String

    init(_ yaml: String, _ line: String) {
        self.yaml = yaml
        self.line = line
    }

    var testDescription: String { line }
}

@Suite("A configuration is refused with the key's name, path and line")
struct ConfigurationRefusalTests {
    @Test("for an issuer that cannot be one (MD-3)", arguments: issuers)
    func issuer(refusal: Refusal) {
        #expect(refusals(refusal.yaml) == [refusal.line])
    }

    private static let issuers = [
        Refusal("listen: [{address: '127.0.0.1:0'}]", "issuer: is required"),
        Refusal("issuer: http://auth.example.com", "issuer: must be https; http is allowed for loopback only (line 1)"),
        Refusal("issuer: https://a.example/", "issuer: must not end in a slash or have empty or dot segments (line 1)"),
        Refusal(
            "issuer: https://a.example?x=1",
            "issuer: must not have a query, fragment or user information (line 1)"
        ),
        Refusal(
            "issuer: 'https://a.example#x'",
            "issuer: must not have a query, fragment or user information (line 1)"
        ),
        Refusal("issuer: auth.example.com", "issuer: must be an absolute https URL (line 1)"),
        Refusal("issuer:", "issuer: has no value (line 1)"),
        Refusal("issuer: ''", "issuer: must not be empty (line 1)"),
        Refusal("issuer: [https://a.example]", "issuer: must be a single value (line 1)"),
        Refusal("[issuer]", "must be a map of keys and values"),
    ]

    @Test("for unknown keys", arguments: unknownKeys)
    func unknownKey(refusal: Refusal) {
        #expect(refusals("issuer: https://a.example\n" + refusal.yaml) == [refusal.line])
    }

    private static let unknownKeys = [
        Refusal("token: {}", "token: unknown key; did you mean tokens? (line 2)"),
        Refusal(
            "tokens:\n  acces_token_lifetime: 5m",
            "tokens.acces_token_lifetime: unknown key; did you mean access_token_lifetime? (line 3)"
        ),
        Refusal(
            "access_token_lifetime: 5m",
            "access_token_lifetime: unknown key; it belongs at tokens.access_token_lifetime (line 2)"
        ),
        Refusal(
            "outbound: {tunnel: x}",
            "outbound.tunnel: unknown key; known keys: ca_file, proxy, proxy_credentials, no_proxy (line 2)"
        ),
        Refusal(
            "listen:\n  - address: 127.0.0.1:0\n    tsl: {}",
            "listen[0].tsl: unknown key; did you mean tls? (line 4)"
        ),
        Refusal(
            "management: {admin_token: {path: x}}",
            "management.admin_token.path: unknown key; known keys: file, env (line 2)"
        ),
    ]

    @Test("for values out of bounds or of the wrong kind", arguments: values)
    func value(refusal: Refusal) {
        #expect(refusals("issuer: https://a.example\n" + refusal.yaml).contains(refusal.line))
    }

    private static let values = [
        Refusal(
            "tokens: {access_token_lifetime: 30s}",
            "tokens.access_token_lifetime: 30s is below the minimum of 1m (line 2)"
        ),
        Refusal(
            "tokens: {access_token_lifetime: 25h}",
            "tokens.access_token_lifetime: 25h is above the maximum of 24h (line 2)"
        ),
        Refusal(
            "tokens: {refresh_token_lifetime: 59m}",
            "tokens.refresh_token_lifetime: 59m is below the minimum of 1h (line 2)"
        ),
        Refusal(
            "tokens: {refresh_token_lifetime: 31d}",
            "tokens.refresh_token_lifetime: 31d is above the maximum of 30d (line 2)"
        ),
        Refusal(
            "tokens: {authorization_code_lifetime: 29s}",
            "tokens.authorization_code_lifetime: 29s is below the minimum of 30s (line 2)"
        ),
        Refusal(
            "tokens: {authorization_code_lifetime: 11m}",
            "tokens.authorization_code_lifetime: 11m is above the maximum of 10m (line 2)"
        ),
        Refusal("tokens: {session_lifetime: 0s}", "tokens.session_lifetime: 0s is below the minimum of 1m (line 2)"),
        Refusal(
            "tokens: {refresh_reuse_grace: 2h}",
            "tokens.refresh_reuse_grace: 2h is above the maximum of 1h (line 2)"
        ),
        Refusal(
            "tokens: {access_token_lifetime: 3600}",
            "tokens.access_token_lifetime: 3600 is not a duration; "
                + "use a number and a unit, such as 30s, 5m, 1h30m or 7d (line 2)"
        ),
        Refusal("tokens: 1h", "tokens: must be a map of keys and values (line 2)"),
        Refusal("consent: never", "consent: never is not one of always, remember, trusted (line 2)"),
        Refusal(
            "storage: {journal: evry-second}",
            "storage.journal: evry-second is not one of always, every-second, off; did you mean every-second? (line 2)"
        ),
        Refusal(
            "signing: {algorithm: HS256}",
            "signing.algorithm: HS256 is not one of ES256, EdDSA, RS256; did you mean ES256? (line 2)"
        ),
        Refusal(
            "signing: {algorithm: PS256}",
            "signing.algorithm: PS256 is not one of ES256, EdDSA, RS256; did you mean ES256? (line 2)"
        ),
        Refusal("signing: {key_files: /k.pem}", "signing.key_files: must be a list (line 2)"),
        Refusal("registration: {dynamic: yes}", "registration.dynamic: must be true or false, not yes (line 2)"),
        Refusal("limits: {connections: 0}", "limits.connections: 0 is not between 1 and 1000000 (line 2)"),
        Refusal("limits: {connections: 1e3}", "limits.connections: must be a whole number, not 1e3 (line 2)"),
        Refusal(
            "limits: {failures_per_source: {burst: -1}}",
            "limits.failures_per_source.burst: -1 is not between 1 and 1000000 (line 2)"
        ),
        Refusal(
            "limits: {authorizations_per_source: {per_minute: 0}}",
            "limits.authorizations_per_source.per_minute: 0 is not between 1 and 1000000 (line 2)"
        ),
        Refusal("scopes: [a, a]", "scopes[1]: a is listed twice (line 2)"),
        Refusal(
            "scopes: ['a b']",
            "scopes[0]: a b is not a scope: printable characters without spaces, quotes, backslashes (line 2)"
        ),
        Refusal("listen: []", "listen: must name at least one address (line 2)"),
        Refusal("listen: [{tls: {}}]", "listen[0].address: is required (line 2)"),
        Refusal(
            "listen: [{address: '127.0.0.1:0', tls: {certificate_file: /c}}]",
            "listen[0].tls.private_key_file: is required (line 2)"
        ),
        Refusal(
            "listen: [{address: 'localhost:80'}]",
            "listen[0].address: localhost is a name; use the address 127.0.0.1 (line 2)"
        ),
        Refusal(
            "listen: [{address: ':80'}]",
            "listen[0].address: :80 has no address; use 0.0.0.0:80 for all addresses (line 2)"
        ),
        Refusal(
            "listen: [{address: '127.0.0.1:70000'}]",
            "listen[0].address: 127.0.0.1:70000 is not an address; "
                + "use IP:PORT, such as 127.0.0.1:8080 or [::1]:8080 (line 2)"
        ),
        Refusal(
            "trusted_proxies: [10.0.0.0/33]",
            "trusted_proxies[0]: the prefix of 10.0.0.0/33 is not a number from 0 to 32 (line 2)"
        ),
        Refusal(
            "trusted_proxies: [0.0.0.0/0]",
            "trusted_proxies[0]: 0.0.0.0/0 contains every address; list the addresses of the proxies (line 2)"
        ),
        Refusal(
            "trusted_proxies: [proxy]",
            "trusted_proxies[0]: proxy is not an IP address or block, such as 10.0.0.7 or 10.0.0.0/8 (line 2)"
        ),
        Refusal(
            "registration: {allowed_private_use_redirects: ['javascript:alert(1)']}",
            "registration.allowed_private_use_redirects[0]: scheme javascript is not allowed (line 2)"
        ),
        Refusal(
            "registration: {allowed_private_use_redirects: ['https://c.example/cb']}",
            "registration.allowed_private_use_redirects[0]: is always allowed; "
                + "this list is only for private-use schemes (line 2)"
        ),
        Refusal(
            "registration: {allowed_private_use_redirects: ['acme://*']}",
            "registration.allowed_private_use_redirects[0]: must not allow a whole scheme; "
                + "write SCHEME://AUTHORITY/PATH/* (line 2)"
        ),
        Refusal(
            "registration: {allowed_private_use_redirects: ['javascript:/x/*']}",
            "registration.allowed_private_use_redirects[0]: scheme javascript is not allowed (line 2)"
        ),
        Refusal(
            "registration: {allowed_private_use_redirects: ['https://c.example/*']}",
            "registration.allowed_private_use_redirects[0]: is always allowed; "
                + "this list is only for private-use schemes (line 2)"
        ),
        Refusal(
            "default_resource: https://mcp.example/mcp",
            "default_resource: https://mcp.example/mcp is not the uri of a configured resource (line 2)"
        ),
        Refusal(
            "upstreams: [{name: a, preset: github, client_id: x, client_secret: {env: S}, former_names: [b, a]}]",
            "upstreams[0].former_names[1]: a is already the value of upstreams[0].name (line 2)"
        ),
        Refusal(
            "upstreams: [{name: a, preset: github, client_id: x, client_secret: {env: S}, former_names: [B]}]",
            "upstreams[0].former_names[0]: B is not a name: lower-case letters, digits and inner hyphens, at most 63 "
                + "(line 2)"
        ),
        Refusal(
            "registration: {force_confidential_redirects: ['http://localhost/cb']}",
            "registration.force_confidential_redirects[0]: must be https, and not on loopback (line 2)"
        ),
        Refusal(
            "registration: {metadata_document_policy: closed}",
            "registration.metadata_document_policy: closed is not one of open, domains, listed (line 2)"
        ),
        Refusal(
            "registration: {metadata_document_policy: domains}",
            "registration: metadata_document_policy: domains needs metadata_document_domains (line 2)"
        ),
        Refusal(
            "registration: {metadata_document_policy: listed}",
            "registration: metadata_document_policy: listed needs metadata_document_clients (line 2)"
        ),
        Refusal(
            "registration: {metadata_document_domains: ['*.claude.ai']}",
            "registration.metadata_document_domains[0]: *.claude.ai is not a domain: "
                + "lower-case labels joined by dots, without scheme or wildcard (line 2)"
        ),
        Refusal(
            "registration: {metadata_document_clients: ['https://claude.ai']}",
            "registration.metadata_document_clients[0]: client_id must have a path (line 2)"
        ),
        Refusal(
            "registration: {metadata_document_bytes: 1000000}",
            "registration.metadata_document_bytes: 1000000 is not between 1024 and 65536 (line 2)"
        ),
    ]

    @Test("for secrets in the file itself, without repeating them", arguments: ["hunter2", "[hunter2]", "''"])
    func inlineSecret(secret: String) {
        let lines = refusals("issuer: https://a.example\nmanagement: {admin_token: \(secret)}")
        // A list may name several secrets, none of them in the file itself.
        let element = secret.hasPrefix("[") ? "[0]" : ""
        #expect(
            lines == [
                "management.admin_token\(element): secrets must not be written in the configuration; "
                    + "use {file: PATH} or {env: VARIABLE} (line 2)"
            ]
        )
    }

    @Test("for a secret reference that names nothing")
    func emptySecretReference() {
        let lines = refusals("issuer: https://a.example\nmanagement: {admin_token: {}}")
        #expect(lines == ["management.admin_token: names neither a file nor an env variable (line 2)"])
    }

    @Test("all at once, in the order of the lines")
    func collectsEverything() {
        let lines = refusals(
            """
            issuer: http://a.example
            consent: never
            nonsense: 1
            tokens:
              access_token_lifetime: 1s
            """
        )
        #expect(
            lines.map { $0.prefix { $0 != ":" } } == ["issuer", "consent", "nonsense", "tokens.access_token_lifetime"]
        )
    }
}
