import OAuthProtocol
import ServerConfiguration

/// Converts a run configuration of ToolHive's embedded authorization server (schema v0.1.0).
struct ToolHiveMigration {
    /// Our configuration, without its comments.
    private(set) var configuration: JSONObject = [:]
    /// What has no equivalent, and what has to be done by hand, each in one sentence.
    private(set) var notes: [String] = []

    /// Keys that say the same here without being configured.
    private static let silent: Set<String> = ["schema_version"]
    private static let converted: Set<String> = [
        "issuer", "signing_key_config", "token_lifespans", "delegation_token_lifespan", "upstreams", "scopes_supported",
        "allowed_audiences", "storage", "cimd", "trusted_issuers", "delegate_clients",
        "force_confidential_redirect_uris",
    ]
    private static let explained = [
        "hmac_secret_files": "has no equivalent: refresh tokens are protected by a secret in the storage",
        "authorization_endpoint_base_url": "has no equivalent: every endpoint is below the issuer",
        "baseline_client_scopes": "has no equivalent: a client without scopes gets those of its resource",
        "disable_upstream_token_injection": "has no equivalent: an MCP server retrieves upstream tokens itself",
        "insecure_allow_http": "is needed for loopback only, where it is always allowed",
        "allow_confidential_client_registration": "is always allowed",
        "insecure_allow_confidential_over_loopback_http": "is always allowed",
    ]

    /// Converts a run configuration.
    init(_ root: ConfigurationNode) {
        let source = MigrationSource(root)
        for name in source.names where !Self.converted.contains(name) && !Self.silent.contains(name) {
            notes.append("\(name) \(Self.explained[name] ?? "is unknown and was left out")")
        }
        configuration["issuer"] = source.text("issuer").map(JSONValue.string)
        convertStorage(source["storage"])
        convertSigning(source["signing_key_config"])
        convertLifetimes(source)
        convertRegistration(source)
        let scopes = source.texts("scopes_supported")
        if !scopes.isEmpty { configuration["scopes"] = .strings(scopes) }
        convertUpstreams(source.list("upstreams"))
        convertResources(source.texts("allowed_audiences"))
        convertClients(source.list("delegate_clients"))
        convertIssuers(source.list("trusted_issuers"))
    }

    /// Our configuration as YAML, with the notes as comments.
    var text: String {
        (notes.map { "# \($0)" } + YAMLText.lines(configuration)).joined(separator: "\n")
    }

    /// Adds a note.
    mutating func note(_ text: String) { notes.append(text) }

    /// Sets a key of our configuration.
    mutating func set(_ name: String, _ value: JSONValue) { configuration[name] = value }

    // MARK: - Server

    private mutating func convertStorage(_ storage: MigrationSource) {
        guard storage.text("type") == "redis" else {
            if storage.text("type") == "memory" {
                note("storage: memory keeps nothing; set storage.directory to keep state")
            }
            return
        }
        set("storage", ["directory": "/var/lib/gatehouse"])
        note(
            "storage: redis has no equivalent; the state is kept in storage.directory, and its contents are not converted"
        )
    }

    private mutating func convertSigning(_ signing: MigrationSource) {
        let names = [signing.text("signing_key_file")].compactMap(\.self) + signing.texts("fallback_key_files")
        guard !names.isEmpty else { return }
        let folder = signing.text("key_dir").map { $0.hasSuffix("/") ? $0 : $0 + "/" } ?? ""
        set("signing", ["key_files": .strings(names.map { $0.hasPrefix("/") ? $0 : folder + $0 })])
        note("signing.key_files: kid is the key's thumbprint as before; check the paths")
    }

    private mutating func convertLifetimes(_ source: MigrationSource) {
        var tokens: JSONObject = [:]
        let lifespans = source["token_lifespans"]
        for (theirs, ours) in [
            ("access_token_lifespan", "access_token_lifetime"), ("refresh_token_lifespan", "refresh_token_lifetime"),
            ("auth_code_lifespan", "authorization_code_lifetime"),
        ] {
            if let text = duration(lifespans, theirs) { tokens[ours] = .string(text) }
        }
        if let text = duration(source, "delegation_token_lifespan") { tokens["delegation_lifetime"] = .string(text) }
        if !tokens.isEmpty { set("tokens", .object(tokens)) }
    }

    private mutating func convertRegistration(_ source: MigrationSource) {
        var registration: JSONObject = [:]
        let documents = source["cimd"]
        // Their default is off, ours is on.
        registration["client_id_metadata_documents"] = .bool(documents.text("enabled") == "true")
        for name in ["cache_max_size", "cache_fallback_ttl"] where documents.text(name) != nil {
            note("cimd.\(name) has no equivalent: the cache has a fixed bound and obeys the document's Cache-Control")
        }
        let confidential = source.texts("force_confidential_redirect_uris")
        if !confidential.isEmpty { registration["force_confidential_redirects"] = .strings(confidential) }
        set("registration", .object(registration))
    }

    /// A Go duration such as `1h0m0s`, in our spelling.
    mutating func duration(_ source: MigrationSource, _ name: String) -> String? {
        guard let text = source.text(name) else { return nil }
        guard let duration = DurationText.parse(text), duration > .zero else {
            note("\(name): \(text) is not a duration that can be converted")
            return nil
        }
        return DurationText.format(duration)
    }

    // MARK: - Resources and clients

    private mutating func convertResources(_ audiences: [String]) {
        guard !audiences.isEmpty else { return }
        let upstreams = configuration["upstreams"]?.arrayValue?.compactMap { $0.objectValue?["name"] } ?? []
        set(
            "resources",
            .array(audiences.map { ["uri": .string($0), "upstreams": .array(upstreams)] })
        )
        note("resources: an MCP server that retrieves upstream tokens needs client_id and client_secret in its entry")
    }

    private mutating func convertClients(_ clients: [MigrationSource]) {
        guard !clients.isEmpty else { return }
        set(
            "clients",
            .array(
                clients.map { client in
                    var entry: JSONObject = ["client_id": .string(client.text("client_id") ?? "")]
                    entry["client_secret"] = client.secret("client_secret_file", "client_secret_env_var")
                    entry["grant_types"] = ["client_credentials"]
                    entry["scopes"] = .strings(client.texts("scopes"))
                    entry["delegate"] = true
                    entry["delegates_to"] = .strings(client.texts("audiences"))
                    return .object(entry)
                }
            )
        )
        note("clients: a delegate presents tokens that were issued to itself, or that a trusted issuer lets it present")
    }
}
