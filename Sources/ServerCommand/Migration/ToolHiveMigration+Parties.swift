import OAuthProtocol
import ServerConfiguration

/// The parties of a run configuration: upstream providers and trusted issuers.
extension ToolHiveMigration {
    mutating func convertUpstreams(_ upstreams: [MigrationSource]) {
        guard !upstreams.isEmpty else { return }
        set("upstreams", .array(upstreams.map { .object(upstream($0)) }))
    }

    private mutating func upstream(_ source: MigrationSource) -> JSONObject {
        let name = source.text("name") ?? "default"
        let isOpenID = source.text("type") != "oauth2"
        let settings = source[isOpenID ? "oidc_config" : "oauth2_config"]
        var entry: JSONObject = ["name": .string(name), "type": isOpenID ? "oidc" : "oauth2"]
        entry["issuer"] = settings.text("issuer_url").map(JSONValue.string)
        entry["authorization_endpoint"] = settings.text("authorization_endpoint").map(JSONValue.string)
        entry["token_endpoint"] = settings.text("token_endpoint").map(JSONValue.string)
        convertClient(of: name, settings, into: &entry)
        let scopes = settings.texts("scopes")
        if !scopes.isEmpty { entry["scopes"] = .strings(scopes) }
        let parameters = settings["additional_authorization_params"].pairs
        if !parameters.isEmpty {
            entry["additional_authorization_parameters"] = .object(
                JSONObject(parameters.map { ($0.name, .string($0.text)) })
            )
        }
        convertUserInfo(of: name, settings, into: &entry)
        if settings.text("allow_private_ips") == "true" { entry["allow_private_network"] = true }
        if settings.text("insecure_allow_http") == "true" { entry["allow_insecure_http"] = true }
        for key in ["token_response_mapping", "identity_from_token", "subject_claim", "userinfo_override"]
        where settings.has(key) {
            note("upstreams.\(name).\(key) has no equivalent; a preset may know the provider")
        }
        note("upstreams.\(name): register the redirect URI ISSUER/oauth/callback/\(name) at the provider")
        return entry
    }

    private mutating func convertClient(of name: String, _ settings: MigrationSource, into entry: inout JSONObject) {
        guard !settings.has("dcr_config") else {
            var registration: JSONObject = [:]
            let theirs = settings["dcr_config"]
            registration["endpoint"] = theirs.text("registration_endpoint").map(JSONValue.string)
            registration["initial_access_token"] = theirs.secret(
                "initial_access_token_file",
                "initial_access_token_env"
            )
            entry["registration"] = .object(registration)
            for key in ["discovery_url", "software_id", "software_statement"] where theirs.has(key) {
                note("upstreams.\(name).dcr_config.\(key) has no equivalent")
            }
            return
        }
        entry["client_id"] = settings.text("client_id").map(JSONValue.string)
        if let secret = settings.secret("client_secret_file", "client_secret_env_var") {
            entry["client_secret"] = secret
        } else {
            entry["token_endpoint_auth_method"] = "none"
        }
    }

    private mutating func convertUserInfo(of name: String, _ settings: MigrationSource, into entry: inout JSONObject) {
        guard settings.has("userinfo") else { return }
        let theirs = settings["userinfo"]
        var userInfo: JSONObject = ["endpoint": .string(theirs.text("endpoint_url") ?? "")]
        let fields = theirs["field_mapping"]
        for (key, ours) in [("subject_fields", "subject"), ("name_fields", "name"), ("email_fields", "email")] {
            let texts = fields.texts(key)
            if !texts.isEmpty { userInfo[ours] = .strings(texts) }
        }
        entry["userinfo"] = .object(userInfo)
        if theirs.text("http_method") == "POST" || theirs.has("additional_headers") {
            note("upstreams.\(name).userinfo: the request is a GET without further fields")
        }
    }

    // MARK: - Trusted issuers

    mutating func convertIssuers(_ issuers: [MigrationSource]) {
        guard !issuers.isEmpty else { return }
        let entries = issuers.compactMap { issuer($0) }
        if !entries.isEmpty { set("trusted_issuers", .array(entries.map { .object($0) })) }
    }

    /// `nil` for an issuer of which nothing can be accepted yet.
    private mutating func issuer(_ source: MigrationSource) -> JSONObject? {
        let name = source.text("issuer_url") ?? ""
        var entry: JSONObject = ["issuer": .string(name)]
        entry["jwks_uri"] = source.text("jwks_url").map(JSONValue.string)
        if source.text("insecure_allow_http") == "true" { entry["allow_insecure_http"] = true }
        if source.text("allow_private_ips") == "true" { entry["allow_private_network"] = true }
        // Without its condition on the actor an entry would accept what the other server refuses.
        let isConditional = source.has("actor_matcher")
        if isConditional {
            note("trusted_issuers \(name): subjects was left out: write its actor_matcher, an expression, as matcher")
        }
        let audience = isConditional ? nil : source.text("expected_audience")
        if let audience {
            entry["audiences"] = [.string(audience)]
            entry["subjects"] = .object(subjects(source, name))
        }
        guard source.has("jwt_bearer_grant") else { return isConditional ? nil : entry }
        let bearer = source["jwt_bearer_grant"]
        if let lifetime = duration(bearer, "max_assertion_age") { entry["assertion_lifetime"] = .string(lifetime) }
        let audiences = bearer.texts("accepted_audiences")
        if !audiences.isEmpty {
            if audience == nil {
                entry["audiences"] = .strings(audiences)
            } else {
                note(
                    "trusted_issuers \(name): accepted_audiences was left out; with subjects, a workload's aud is the token endpoint"
                )
            }
        }
        entry["workloads"] = .array(
            bearer.list("subject_bindings").enumerated().map { index, binding in
                [
                    "subject": .string(binding.text("subject") ?? ""), "client": .string("workload-\(index + 1)"),
                    "resources": .strings(binding.texts("allowed_resources")),
                ]
            }
        )
        return entry
    }

    private mutating func subjects(_ source: MigrationSource, _ name: String) -> JSONObject {
        var subjects: JSONObject = [:]
        let actors = source.texts("allowed_actors")
        if !actors.isEmpty {
            subjects["actors"] = .strings(actors)
            if let claim = source.text("actor_claim") { subjects["actor_claim"] = .string(claim) }
        }
        subjects["delegates"] = .strings(source.texts("allowed_delegate_clients"))
        if source.text("allow_may_act") == "true" { subjects["may_act"] = true }
        return subjects
    }
}
