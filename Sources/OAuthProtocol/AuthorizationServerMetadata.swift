/// RFC 8414 §2 and OpenID Connect Discovery 1.0 §3: the server's description of itself.
///
/// Only what works is advertised, and no member is ever null (MD-5, MD-7).
package struct AuthorizationServerMetadata: Sendable {
    /// An endpoint that the document names.
    package struct Endpoint: Sendable {
        /// The member, such as `token_endpoint`.
        package let member: String
        /// The path, relative to the issuer.
        package let path: String
        /// How clients authenticate there; `nil` when they do not.
        package let authentication: Authentication?

        /// Which methods of client authentication an endpoint takes.
        package enum Authentication: Sendable {
            /// All, public clients included.
            case every
            /// Those with a proof: no public client may use the endpoint.
            case proven
            /// Methods that are the endpoint's own, by the names that its specification or its callers use.
            case own([String])
        }

        /// An endpoint.
        package init(member: String, path: String, authentication: Authentication? = nil) {
            self.member = member
            self.path = path
            self.authentication = authentication
        }
    }

    /// draft-ietf-oauth-identity-assertion-authz-grant: the profile of identity assertions (ID-JAG).
    package static let identityAssertionProfile = "urn:ietf:params:oauth:grant-profile:id-jag"

    /// The issuer.
    package var issuer: Issuer
    /// The grants that are enabled.
    package var grantTypes: [GrantType]
    /// draft-ietf-oauth-identity-assertion-authz-grant: the profiles of grants that are enabled.
    package var grantProfiles: [String] = []
    /// Authentication methods of the token endpoint; `none` is first, because some SDKs take the first one.
    package var authenticationMethods: [TokenEndpointAuthenticationMethod]
    /// Signature algorithms of client assertions, when `private_key_jwt` is offered.
    package var assertionAlgorithms: [String]
    /// Signature algorithms of ID tokens.
    package var idTokenAlgorithms: [String]
    /// RFC 9449 §5.1: signature algorithms of DPoP proofs.
    package var proofAlgorithms: [String]
    /// The supported scopes.
    package var scopes: ScopeSet
    /// OpenID Connect Discovery 1.0 §3: the values of `acr` that some resource demands.
    package var contextClasses: [String] = []
    /// RFC 8414 §2: the languages of the pages for people, as RFC 5646 tags.
    package var uiLocales: [String] = []
    /// Whether client ID metadata documents are accepted.
    package var allowsMetadataDocuments: Bool
    /// RFC 9728 §4: the resources whose metadata names this server.
    package var protectedResources: [String] = []
    /// The endpoints, in the order of the document.
    package var endpoints: [Endpoint]

    /// Metadata with the code and refresh grants only; endpoints and further features are added by their owners.
    package init(issuer: Issuer, scopes: ScopeSet) {
        self.issuer = issuer
        self.scopes = scopes
        grantTypes = [.authorizationCode, .refreshToken]
        authenticationMethods = [.none, .clientSecretBasic, .clientSecretPost]
        assertionAlgorithms = []
        proofAlgorithms = []
        idTokenAlgorithms = ["RS256"]
        allowsMetadataDocuments = false
        endpoints = []
    }

    /// The metadata document.
    package var json: JSONObject {
        var json: JSONObject = ["issuer": .string(issuer.text)]
        for endpoint in endpoints { add(endpoint, to: &json) }
        json["response_types_supported"] = ["code"]
        json["response_modes_supported"] = ["query"]
        json["grant_types_supported"] = .strings(grantTypes.map(\.rawValue))
        json["code_challenge_methods_supported"] = ["S256"]
        json["scopes_supported"] = .strings(scopes.tokens)
        json["authorization_response_iss_parameter_supported"] = true
        json["subject_types_supported"] = ["public"]
        json["id_token_signing_alg_values_supported"] = .strings(idTokenAlgorithms)
        if !proofAlgorithms.isEmpty {
            json["dpop_signing_alg_values_supported"] = .strings(proofAlgorithms)
        }
        if !grantProfiles.isEmpty {
            json["authorization_grant_profiles_supported"] = .strings(grantProfiles)
        }
        if grantTypes.contains(.refreshToken) {
            // draft-ietf-oauth-refresh-token-expiration: token answers have both.
            json["refresh_token_expiration_types_supported"] = ["authorization", "token_timeout"]
        }
        if !contextClasses.isEmpty { json["acr_values_supported"] = .strings(contextClasses) }
        if !uiLocales.isEmpty { json["ui_locales_supported"] = .strings(uiLocales) }
        if !protectedResources.isEmpty {
            json["protected_resources"] = .strings(protectedResources)
        }
        if allowsMetadataDocuments {
            json["client_id_metadata_document_supported"] = true
        }
        return json
    }

    private func add(_ endpoint: Endpoint, to json: inout JSONObject) {
        json[endpoint.member] = .string(issuer.url(endpoint.path))
        guard let authentication = endpoint.authentication else { return }
        let methods: [TokenEndpointAuthenticationMethod]
        switch authentication {
        case .every: methods = authenticationMethods
        case .proven: methods = authenticationMethods.filter { $0 != .none }
        case .own(let names):
            json[endpoint.member + "_auth_methods_supported"] = .strings(names)
            return
        }
        json[endpoint.member + "_auth_methods_supported"] = .strings(methods.map(\.rawValue))
        if !assertionAlgorithms.isEmpty {
            json[endpoint.member + "_auth_signing_alg_values_supported"] = .strings(assertionAlgorithms)
        }
    }

    /// The paths at which the document is served: every form that clients try for this issuer (MD-2).
    package var documentPaths: [String] {
        let kinds = ["oauth-authorization-server", "openid-configuration"]
        guard !issuer.path.isEmpty else { return kinds.map { "/.well-known/" + $0 } }
        return kinds.map { "/.well-known/" + $0 + issuer.path } + kinds.map { issuer.path + "/.well-known/" + $0 }
    }
}
