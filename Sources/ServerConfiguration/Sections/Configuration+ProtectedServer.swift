import OAuthProtocol
import UpstreamIdentity

extension Configuration.Upstream {
    /// The keys of `type: mcp`.
    @KeyListBuilder<Configuration.Upstream> static var protectedServerKeys: [Key<Configuration.Upstream>] {
        Key(
            "url",
            \.server.url,
            .endpoint,
            default: "required for `mcp`",
            "The URL of a protected MCP server, for `type: mcp`: its metadata names the authorization server."
        )
        Key(
            "resource",
            \.server.resource,
            .endpoint,
            default: "`url`; required for `chained` with `identity_assertion`",
            """
            The resource identifier in that server's metadata, where it is not the URL; for `type: chained` and \
            `type: client_credentials` the resource that the tokens are for.
            """
        )
    }
}

/// Checks the keys of `type: mcp`, and that no other upstream has them.
struct ProtectedServerCheck {
    let section: ConfigurationCursor

    private static let own = ["url", "resource"]
    private static let shared: Set<String> = [
        "name", "type", "former_names", "login", "optional", "issuer", "client_id", "client_secret",
        "token_endpoint_auth_method", "private_key", "private_key_algorithm", "private_key_id", "private_key_issuer",
        "registration", "scopes", "send_scopes_on_refresh", "extras", "dead_grant_words",
        "additional_authorization_parameters", "allow_insecure_http", "allow_private_network", "api",
        "background_refresh", "revoke_with_last_session",
    ]

    /// Reports what does not go together; `true` for a protected server, to which the other checks do not apply.
    func check(_ upstream: Configuration.Upstream) -> Bool {
        guard upstream.preset == .mcp else {
            for key in Self.own where key != "resource" || !upstream.hasResource {
                section[key]?.refuse("is only for type: mcp")
            }
            return false
        }
        for (key, value) in section.entries() where !Self.own.contains(key) && !Self.shared.contains(key) {
            value.refuse("is not for type: mcp, whose metadata says it")
        }
        section.require("url")
        checkClient(upstream)
        return true
    }

    // A secret goes only to an authorization server that the operator names, never to one that a document names.
    private func checkClient(_ upstream: Configuration.Upstream) {
        if section["client_id"] != nil {
            section.require("issuer", or: "the credentials of client_id belong to one authorization server")
            var checked = upstream
            return UpstreamCredentialCheck(section: section).check(&checked)
        }
        for key in ["client_secret", "private_key", "token_endpoint_auth_method"] {
            section[key]?.refuse("needs client_id")
        }
        section["registration"]?["endpoint"]?.refuse("is not for type: mcp, whose metadata says it")
        if section["registration"]?["initial_access_token"] != nil {
            section.require("issuer", or: "registration.initial_access_token is for one authorization server")
        }
    }
}
