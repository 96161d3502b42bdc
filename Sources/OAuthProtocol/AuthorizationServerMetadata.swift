/// RFC 8414 §2 and OpenID Connect Discovery 1.0 §3: the server's description of itself.
///
/// Only what works is advertised, and no member is ever null (MD-5, MD-7).
package struct AuthorizationServerMetadata: Sendable {
    /// The paths of the endpoints, relative to the issuer.
    package enum Path {
        package static let authorization = "/oauth/authorize"
        package static let token = "/oauth/token"
        package static let registration = "/oauth/register"
        package static let revocation = "/oauth/revoke"
        package static let introspection = "/oauth/introspect"
        package static let userInfo = "/oauth/userinfo"
        package static let consent = "/oauth/consent"
        package static let callback = "/oauth/callback"
        package static let keySet = "/.well-known/jwks.json"
    }

    /// The issuer.
    package var issuer: Issuer
    /// The grants that are enabled.
    package var grantTypes: [GrantType]
    /// Authentication methods of the token endpoint; `none` is first, because some SDKs take the first one.
    package var authenticationMethods: [TokenEndpointAuthenticationMethod]
    /// Signature algorithms of client assertions, when `private_key_jwt` is offered.
    package var assertionAlgorithms: [String]
    /// Signature algorithms of ID tokens.
    package var idTokenAlgorithms: [String]
    /// The supported scopes.
    package var scopes: ScopeSet
    /// Whether RFC 7591 registration is open.
    package var allowsRegistration: Bool
    /// Whether client ID metadata documents are accepted.
    package var allowsMetadataDocuments: Bool
    /// Whether RFC 7009 revocation is offered.
    package var allowsRevocation: Bool
    /// Whether RFC 7662 introspection is offered.
    package var allowsIntrospection: Bool
    /// Whether there are a UserInfo endpoint and ID tokens.
    package var issuesIDTokens: Bool

    /// Metadata with the code and refresh grants only; further features are enabled by their owners.
    package init(issuer: Issuer, scopes: ScopeSet) {
        self.issuer = issuer
        self.scopes = scopes
        grantTypes = [.authorizationCode, .refreshToken]
        authenticationMethods = [.none, .clientSecretBasic, .clientSecretPost]
        assertionAlgorithms = []
        idTokenAlgorithms = ["RS256"]
        allowsRegistration = false
        allowsMetadataDocuments = false
        allowsRevocation = false
        allowsIntrospection = false
        issuesIDTokens = false
    }

    /// The metadata document.
    package var json: JSONObject {
        var json: JSONObject = [
            "issuer": .string(issuer.text),
            "authorization_endpoint": .string(issuer.url(Path.authorization)),
            "token_endpoint": .string(issuer.url(Path.token)),
            "jwks_uri": .string(issuer.url(Path.keySet)),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": .array(grantTypes.map { .string($0.rawValue) }),
            "token_endpoint_auth_methods_supported": methods(authenticationMethods),
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": .array(scopes.tokens.map(JSONValue.string)),
            "authorization_response_iss_parameter_supported": true,
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": .array(idTokenAlgorithms.map(JSONValue.string)),
        ]
        if !assertionAlgorithms.isEmpty {
            json["token_endpoint_auth_signing_alg_values_supported"] = algorithms
        }
        if allowsRegistration {
            json["registration_endpoint"] = .string(issuer.url(Path.registration))
        }
        if allowsMetadataDocuments {
            json["client_id_metadata_document_supported"] = true
        }
        addRevocationAndIntrospection(to: &json)
        if issuesIDTokens {
            json["userinfo_endpoint"] = .string(issuer.url(Path.userInfo))
        }
        return json
    }

    private func addRevocationAndIntrospection(to json: inout JSONObject) {
        if allowsRevocation {
            json["revocation_endpoint"] = .string(issuer.url(Path.revocation))
            json["revocation_endpoint_auth_methods_supported"] = methods(authenticationMethods)
            if !assertionAlgorithms.isEmpty {
                json["revocation_endpoint_auth_signing_alg_values_supported"] = algorithms
            }
        }
        if allowsIntrospection {
            // RFC 7662 §2.1: introspection refuses public clients (D-48).
            json["introspection_endpoint"] = .string(issuer.url(Path.introspection))
            json["introspection_endpoint_auth_methods_supported"] = methods(
                authenticationMethods.filter { $0 != .none }
            )
            if !assertionAlgorithms.isEmpty {
                json["introspection_endpoint_auth_signing_alg_values_supported"] = algorithms
            }
        }
    }

    private var algorithms: JSONValue {
        .array(assertionAlgorithms.map(JSONValue.string))
    }

    private func methods(_ methods: [TokenEndpointAuthenticationMethod]) -> JSONValue {
        .array(methods.map { .string($0.rawValue) })
    }

    /// The paths at which the document is served: every form that clients try for this issuer (MD-2).
    package var documentPaths: [String] {
        let kinds = ["oauth-authorization-server", "openid-configuration"]
        guard !issuer.path.isEmpty else { return kinds.map { "/.well-known/" + $0 } }
        return kinds.map { "/.well-known/" + $0 + issuer.path } + kinds.map { issuer.path + "/.well-known/" + $0 }
    }
}
