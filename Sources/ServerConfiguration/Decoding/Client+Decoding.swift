import OAuthProtocol

extension Configuration.Client {
    /// Decodes a client; `configuration` already has what it may name.
    init?(decoding section: ConfigurationCursor, within configuration: Configuration) {
        let clientID = section.required("client_id")?.string(ConfigurationRules.clientIDObjection)
        let privateUse = Set(configuration.registration.allowedPrivateUseRedirects)
        self.init(clientID: clientID ?? "")
        name = section["client_name"]?.string()
        redirectURIs =
            section["redirect_uris"]?
            .strings { ConfigurationRules.redirectObjection($0, allowedPrivateUse: privateUse) } ?? []
        clientSecret = section["client_secret"]?.secret()
        jwks = section["jwks"].flatMap { JSONWebKeyReader(cursor: $0).text() }
        jwksURI = section["jwks_uri"]?.string { ConfigurationRules.endpointObjection($0, allowsInsecureHTTP: false) }
        allowsTokenEndpointAudience = section["allow_token_endpoint_audience"]?.bool() ?? false
        tokenEndpointAuthMethod = Self.method(section)
        grantTypes = Self.grantTypes(section) ?? grantTypes
        scopes = section["scopes"]?.scopes(among: configuration.scopes)
        isTrusted = section["trusted"]?.bool() ?? false
        checkCredentials(section)
        checkGrants(section)
        if clientID == nil { return nil }
    }

    /// The configured method; without one, a client with a secret uses it and one without is public.
    private static func method(_ section: ConfigurationCursor) -> TokenEndpointAuthenticationMethod {
        if let method = section["token_endpoint_auth_method"] { return method.choice() ?? .none }
        if section["client_secret"] != nil { return .clientSecretBasic }
        return section["jwks"] != nil || section["jwks_uri"] != nil ? .privateKeyJWT : .none
    }

    private static func grantTypes(_ section: ConfigurationCursor) -> [GrantType]? {
        guard let list = section["grant_types"] else { return nil }
        guard let elements = list.elements() else { return nil }
        if elements.isEmpty { list.refuse("must name at least one grant") }
        // Token exchange is for resources, which are configured under that name.
        let offered: [GrantType] = [.authorizationCode, .refreshToken, .clientCredentials]
        return elements.compactMap { $0.choice(among: offered) }
    }

    /// Credentials and method must agree: a secret that nobody checks looks like protection and is none.
    private func checkCredentials(_ section: ConfigurationCursor) {
        switch tokenEndpointAuthMethod {
        case .clientSecretBasic, .clientSecretPost:
            _ = section.required("client_secret", or: "\(tokenEndpointAuthMethod.rawValue) needs it")
        case .privateKeyJWT:
            if section["jwks"] == nil { _ = section.required("jwks_uri", or: "private_key_jwt needs jwks or jwks_uri") }
            if section["jwks"] != nil { section["jwks_uri"]?.refuse("must not be used together with jwks") }
        case .none: break
        }
        if !tokenEndpointAuthMethod.usesSecret {
            section["client_secret"]?.refuse("contradicts token_endpoint_auth_method")
        }
        if tokenEndpointAuthMethod != .privateKeyJWT {
            section["jwks"]?.refuse("is only for token_endpoint_auth_method: private_key_jwt")
            section["jwks_uri"]?.refuse("is only for token_endpoint_auth_method: private_key_jwt")
            section["allow_token_endpoint_audience"]?
                .refuse("is only for token_endpoint_auth_method: private_key_jwt")
        }
    }

    private func checkGrants(_ section: ConfigurationCursor) {
        if grantTypes.contains(.authorizationCode) {
            let isListed = section["redirect_uris"].map { $0.elements()?.isEmpty == false } ?? false
            if !isListed {
                _ = section.required("redirect_uris", or: "the authorization_code grant needs at least one")
            }
        }
        // RFC 6749 §4.4: the client credentials grant is for confidential clients only.
        if grantTypes.contains(.clientCredentials), tokenEndpointAuthMethod == .none {
            section["grant_types"]?.refuse(
                "the client_credentials grant needs a client that authenticates; method none does not"
            )
        }
    }
}
