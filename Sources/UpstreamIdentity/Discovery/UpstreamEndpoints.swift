import OAuthProtocol

/// A provider's endpoints and capabilities, configured or discovered.
struct UpstreamEndpoints: Hashable, Sendable {
    /// The issuer in the document, if it is known; a template for a provider with several tenants.
    var issuer: String?
    /// RFC 6749 §3.1: the authorization endpoint.
    var authorization: String
    /// RFC 6749 §3.2: the token endpoint.
    var token: String
    /// RFC 6749 §6: the endpoint for refresh tokens, if it is another one.
    var refresh: String?
    /// RFC 7517 §5: the key set's URL.
    var keySet: String?
    /// OpenID Connect Core 1.0 §5.3: the userinfo endpoint.
    var userInfo: String?
    /// RFC 7009: the revocation endpoint.
    var revocation: String?
    /// RFC 7591: the registration endpoint.
    var registration: String?
    /// OpenID Connect Discovery 1.0 §3: `token_endpoint_auth_methods_supported`.
    var tokenAuthenticationMethods: [String]?
    /// RFC 9207 §3: whether authorization responses always have `iss`.
    var advertisesIssuerParameter = false
    /// RFC 7636, as advertised by RFC 8414 §2: the challenge methods; `nil` when the document has none.
    var codeChallengeMethods: [String]?
    /// OAuth Client ID Metadata Document §5: whether a client id may be the URL of the client's metadata.
    var acceptsClientDocuments = false
    /// OpenID Connect Core 1.0 §11: whether `offline_access` is among the provider's scopes.
    var offersOfflineAccess = false
    /// The scopes that a protected server asks for, where the operator leaves them to it.
    var scopes: [String] = []
}

extension UpstreamEndpoints {
    /// The endpoints of a provider without discovery.
    init(_ endpoints: OAuth2Endpoints) {
        self.init(
            issuer: endpoints.issuer,
            authorization: endpoints.authorization,
            token: endpoints.token,
            refresh: endpoints.refresh,
            revocation: endpoints.revocation
        )
    }

    /// Reads a discovery document (OpenID Connect Discovery 1.0 §3) whose issuer has been checked.
    ///
    /// - Throws: ``UpstreamError`` `invalidResponse` for endpoints that are missing or not https: a document must not
    ///   make the server send secrets in the clear.
    ///
    /// An endpoint that a login does not need is left out if it is unusable: some documents have empty or relative
    /// ones. With `keySetURL` the document's key set is not looked at; only OpenID Connect needs one.
    init(
        document: JSONObject,
        issuer: String,
        keySetURL: String? = nil,
        isOpenID: Bool = true,
        hasLogins: Bool = true,
        allowsInsecureHTTP: Bool
    ) throws(UpstreamError) {
        func endpoint(_ name: String) throws(UpstreamError) -> String? {
            guard let value = document[name], value != .null else { return nil }
            guard let url = value.stringValue,
                UpstreamURL.isAcceptable(url, allowsInsecureHTTP: allowsInsecureHTTP)
            else {
                throw UpstreamError(.invalidResponse, "the discovery document's \(name) is not an absolute https URL")
            }
            return url
        }
        func required(_ name: String) throws(UpstreamError) -> String {
            guard let url = try endpoint(name) else {
                throw UpstreamError(.invalidResponse, "the discovery document has no \(name)")
            }
            return url
        }
        self.issuer = issuer
        token = try required("token_endpoint")
        authorization = hasLogins ? try required("authorization_endpoint") : token
        keySet = if let keySetURL { keySetURL } else { isOpenID ? try required("jwks_uri") : nil }
        // What is unusable is not used.
        userInfo = try? endpoint("userinfo_endpoint")
        revocation = try? endpoint("revocation_endpoint")
        registration = try? endpoint("registration_endpoint")
        tokenAuthenticationMethods = document["token_endpoint_auth_methods_supported"]?.stringArrayValue
        advertisesIssuerParameter = document["authorization_response_iss_parameter_supported"]?.boolValue ?? false
        codeChallengeMethods = document["code_challenge_methods_supported"]?.stringArrayValue
        offersOfflineAccess = document["scopes_supported"]?.stringArrayValue?.contains("offline_access") ?? false
        acceptsClientDocuments = document["client_id_metadata_document_supported"]?.boolValue ?? false
    }

    /// The endpoints, with the operator's replacements.
    func overridden(by overrides: UpstreamEndpointOverrides) -> UpstreamEndpoints {
        var endpoints = self
        endpoints.authorization = overrides.authorization ?? authorization
        endpoints.token = overrides.token ?? token
        endpoints.refresh = overrides.refresh ?? refresh
        endpoints.revocation = overrides.revocation ?? revocation
        return endpoints
    }
}
