extension ConfigurationKey {
    /// Every key there is: a name that is not here is refused, and a row that owes its meaning says so at start.
    package static let all: [ConfigurationKey] = [
        key("issuer"),
        key("listen"), key("listen[].address"), key("listen[].tls"),
        key("listen[].tls.certificate_file"), key("listen[].tls.private_key_file"),
        key("management"), key("management.address"), key("management.admin_token"), key("management.admin_token.file"),
        key("management.admin_token.env"),
        key("storage"),
        key("storage.directory"), key("storage.encryption_key"), key("storage.encryption_key.file"),
        key("storage.encryption_key.env"), key("storage.snapshot_interval"), key("storage.journal"),
        key("signing"), key("signing.algorithm"),
        key("signing.rotation_interval"), key("signing.key_files"),
        key("tokens"), key("tokens.access_token_lifetime"), key("tokens.refresh_token_lifetime"),
        key("tokens.session_lifetime"), key("tokens.authorization_code_lifetime"), key("tokens.refresh_reuse_grace"),
        key("consent"),
        key("registration"), key("registration.dynamic"),
        key("registration.client_id_metadata_documents"), key("registration.metadata_document_policy"),
        key("registration.metadata_document_domains"), key("registration.metadata_document_clients"),
        key("registration.metadata_document_bytes"),
        key("registration.allowed_private_use_redirects"),
        key("registration.force_confidential_redirects"), key("registration.initial_access_token"),
        key("registration.initial_access_token.file"), key("registration.initial_access_token.env"),
        key("scopes"),
        key("upstreams"), key("upstreams[].name"),
        key(
            "upstreams[].preset",
            owed: "presets are not built in yet; a login there fails until then",
            unless: ["oidc", "oauth2"]
        ),
        key("upstreams[].type"), key("upstreams[].issuer"), key("upstreams[].authorization_endpoint"),
        key("upstreams[].token_endpoint"), key("upstreams[].revocation_endpoint"), key("upstreams[].userinfo"),
        key("upstreams[].userinfo.endpoint"), key("upstreams[].userinfo.subject"), key("upstreams[].userinfo.name"),
        key("upstreams[].userinfo.email"), key("upstreams[].client_id"), key("upstreams[].client_secret"),
        key("upstreams[].client_secret.file"), key("upstreams[].client_secret.env"),
        key("upstreams[].token_endpoint_auth_method"), key("upstreams[].scopes"), key("upstreams[].optional"),
        key("upstreams[].additional_authorization_parameters"), key("upstreams[].allow_insecure_http"),
        key("upstreams[].allow_private_network"), key("upstreams[].claims"), key("upstreams[].background_refresh"),
        key("resources"), key("resources[].uri"), key("resources[].scopes"), key("resources[].upstreams"),
        key("resources[].client_id"), key("resources[].client_secret"), key("resources[].client_secret.file"),
        key("resources[].client_secret.env"), key("resources[].jwks"), key("resources[].jwks_uri"),
        key("resources[].forward_auth"),
        key("resources[].forward_auth.upstream"),
        key("forward_auth"), key("forward_auth.secret"), key("forward_auth.secret.file"),
        key("forward_auth.secret.env"),
        key("clients"), key("clients[].client_id"), key("clients[].client_name"), key("clients[].redirect_uris"),
        key("clients[].token_endpoint_auth_method"),
        key("clients[].client_secret"), key("clients[].client_secret.file"), key("clients[].client_secret.env"),
        key("clients[].jwks"), key("clients[].jwks_uri"), key("clients[].allow_token_endpoint_audience"),
        key("clients[].grant_types"), key("clients[].scopes"), key("clients[].trusted"),
        key("limits"), key("limits.registrations_per_source"), key("limits.registrations_per_source.burst"),
        key("limits.registrations_per_source.per_minute"), key("limits.failures_per_source"),
        key("limits.failures_per_source.burst"), key("limits.failures_per_source.per_minute"),
        key("limits.authorizations_per_source"), key("limits.authorizations_per_source.burst"),
        key("limits.authorizations_per_source.per_minute"),
        key("limits.connections"),
        key("outbound"), key("outbound.ca_file"),
        key("trusted_proxies"),
    ]

    private static func key(
        _ path: String,
        owed note: String? = nil,
        when value: String? = nil,
        unless exempt: Set<String> = []
    ) -> ConfigurationKey {
        ConfigurationKey(path: path, owed: note.map { Owed(note: $0, value: value, exempt: exempt) })
    }
}
