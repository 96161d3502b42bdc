import OAuthProtocol

/// Checks how we prove our identity at a provider: a client with its secret or key, or a registration of our own.
///
/// What is given must go together: a secret or key that is never used looks like protection.
struct UpstreamCredentialCheck {
    let section: ConfigurationCursor

    /// Reports what does not go together, and sets the method that follows from a private key.
    func check(_ upstream: inout Configuration.Upstream) {
        guard section["registration"] == nil else { return checkRegistration() }
        section.require("client_id")
        if section["token_endpoint_auth_method"] == nil, section["private_key"] != nil {
            upstream.tokenEndpointAuthMethod = .privateKeyJWT
        }
        checkMethod(upstream.tokenEndpointAuthMethod)
    }

    private func checkRegistration() {
        section["client_id"]?.refuse("must not be used together with registration, which obtains one")
        for key in ["client_secret", "private_key", "token_endpoint_auth_method"] {
            section[key]?.refuse("must not be used together with registration, which determines it")
        }
        checkKeyParticulars()
    }

    private func checkMethod(_ method: TokenEndpointAuthenticationMethod?) {
        switch method {
        case .privateKeyJWT:
            section.require("private_key", or: "private_key_jwt needs it")
            section["client_secret"]?.refuse("contradicts private_key_jwt")
        case .some(.none):
            section["client_secret"]?.refuse("contradicts token_endpoint_auth_method: none")
        case .clientSecretBasic, .clientSecretPost, nil:
            // Without a client id, which is required, there is more to write anyway.
            if section["client_id"] != nil {
                section.require("client_secret", or: "a public client needs token_endpoint_auth_method: none")
            }
        }
        guard method != .privateKeyJWT else { return }
        section["private_key"]?.refuse("is only for token_endpoint_auth_method: private_key_jwt")
        checkKeyParticulars()
    }

    private func checkKeyParticulars() {
        guard section["private_key"] == nil else { return }
        for key in ["private_key_algorithm", "private_key_id", "private_key_issuer"] {
            section[key]?.refuse("needs private_key")
        }
    }
}
