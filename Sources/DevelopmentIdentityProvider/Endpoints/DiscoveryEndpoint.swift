import OAuthProtocol
import OpenSSLCrypto
import SocketHTTP

/// OpenID Connect Discovery 1.0 §4: the provider's description of itself.
struct DiscoveryEndpoint: Sendable {
    let context: ProviderContext

    func respond(to request: Request, faults: ScriptedFaults) async -> Answer {
        let configuration = context.configuration
        var document: JSONObject = [
            "issuer": .string(faults.issuer ?? context.issuer),
            "authorization_endpoint": .string(context.url(of: .authorization)),
            "token_endpoint": .string(context.url(of: .token)),
            "userinfo_endpoint": .string(context.url(of: .userInfo)),
            "jwks_uri": .string(context.url(of: .keySet)),
            "revocation_endpoint": .string(context.url(of: .revocation)),
            "end_session_endpoint": .string(context.url(of: .endSession)),
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "form_post"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": .strings([configuration.signingAlgorithm.rawValue]),
            "token_endpoint_auth_methods_supported": [
                "client_secret_basic", "client_secret_post", "private_key_jwt", "none",
            ],
            "token_endpoint_auth_signing_alg_values_supported": ["ES256", "EdDSA", "RS256", "PS256"],
            "code_challenge_methods_supported": ["S256"],
            "prompt_values_supported": ["none", "login", "select_account", "consent"],
            "authorization_response_iss_parameter_supported": true,
            "claims_supported": [
                "sub", "name", "preferred_username", "email", "email_verified", "auth_time", "sid",
            ],
        ]
        if configuration.supportsBackChannelLogout {
            document["backchannel_logout_supported"] = true
            document["backchannel_logout_session_supported"] = true
        }
        if configuration.allowsRegistration {
            document["registration_endpoint"] = .string(context.url(of: .registration))
        }
        return .members(document)
    }
}

/// RFC 7517 §5: the keys that ID tokens and logout tokens are verified with.
struct KeySetEndpoint: Sendable {
    let context: ProviderContext

    func respond(to request: Request, faults: ScriptedFaults) async -> Answer {
        .members(JSONObject([("keys", .array(context.keys.published.keys.map { .object($0.json) }))]))
    }
}
