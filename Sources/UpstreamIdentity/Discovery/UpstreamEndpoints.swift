import OAuthProtocol

/// A provider's endpoints and abilities, configured or discovered.
struct UpstreamEndpoints: Hashable, Sendable {
    /// The issuer as the document says it, if one is known; a template for a provider with several tenants.
    var issuer: String?
    /// RFC 6749 §3.1.
    var authorization: String
    /// RFC 6749 §3.2.
    var token: String
    /// RFC 7517 §5: where the keys are.
    var keySet: String?
    /// OpenID Connect Core 1.0 §5.3.
    var userInfo: String?
    /// RFC 7009.
    var revocation: String?
    /// RFC 7591.
    var registration: String?
    /// OpenID Connect Discovery 1.0 §3: `token_endpoint_auth_methods_supported`.
    var tokenAuthenticationMethods: [String]?
    /// RFC 9207 §3: whether authorization responses always bear `iss`.
    var advertisesIssuerParameter = false
    /// RFC 7636, as RFC 8414 §2 advertises it; `nil` when the document does not say.
    var codeChallengeMethods: [String]?
}

extension UpstreamEndpoints {
    /// The endpoints of a provider without discovery.
    init(_ endpoints: OAuth2Endpoints) {
        self.init(
            issuer: endpoints.issuer,
            authorization: endpoints.authorization,
            token: endpoints.token,
            revocation: endpoints.revocation
        )
    }

    /// Reads a discovery document (OpenID Connect Discovery 1.0 §3) of which the issuer is already checked.
    ///
    /// - Throws: ``UpstreamError`` `invalidResponse` for missing endpoints and for ones that are not https: a document
    ///   must not talk us into sending secrets in the clear.
    init(document: JSONObject, issuer: String, allowsInsecureHTTP: Bool) throws(UpstreamError) {
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
        authorization = try required("authorization_endpoint")
        token = try required("token_endpoint")
        keySet = try required("jwks_uri")
        userInfo = try endpoint("userinfo_endpoint")
        revocation = try endpoint("revocation_endpoint")
        registration = try endpoint("registration_endpoint")
        tokenAuthenticationMethods = document["token_endpoint_auth_methods_supported"]?.stringArrayValue
        advertisesIssuerParameter = document["authorization_response_iss_parameter_supported"]?.boolValue ?? false
        codeChallengeMethods = document["code_challenge_methods_supported"]?.stringArrayValue
    }

    /// The endpoints with those that the operator named in their place.
    func overridden(by overrides: UpstreamEndpointOverrides) -> UpstreamEndpoints {
        var endpoints = self
        endpoints.authorization = overrides.authorization ?? authorization
        endpoints.token = overrides.token ?? token
        endpoints.revocation = overrides.revocation ?? revocation
        return endpoints
    }
}
