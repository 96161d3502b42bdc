import OAuthProtocol
import OpenSSLCrypto

/// Reads how we prove who we are at a provider: a client with its secret or key, or a registration of our own.
///
/// What is given must go together: a secret or key that nobody uses looks like protection and is none.
struct UpstreamCredentialReader {
    let section: ConfigurationCursor
    let allowsInsecureHTTP: Bool

    /// Puts what was read into the upstream.
    func read(into upstream: inout Configuration.Upstream) {
        upstream.clientSecret = section["client_secret"]?.secret()
        upstream.privateKey = section["private_key"]?.secret()
        upstream.privateKeyAlgorithm = section["private_key_algorithm"]?.choice()
        upstream.privateKeyID = section["private_key_id"]?.string(ConfigurationRules.clientIDObjection)
        upstream.tokenEndpointAuthMethod = method()
        upstream.registration = registration()
    }

    /// The client id, which must be there unless we register ourselves.
    func clientID() -> String? {
        guard section["registration"] == nil else {
            section["client_id"]?.refuse("must not be used together with registration, which obtains one")
            return nil
        }
        return section.required("client_id")?.string(ConfigurationRules.clientIDObjection)
    }

    private func method() -> TokenEndpointAuthenticationMethod? {
        guard section["registration"] == nil else {
            for key in ["client_secret", "private_key", "token_endpoint_auth_method"] {
                section[key]?.refuse("must not be used together with registration, which determines it")
            }
            refuseKeyParticulars(unless: section["private_key"] != nil)
            return nil
        }
        let named: TokenEndpointAuthenticationMethod? = section["token_endpoint_auth_method"]?.choice()
        let method = named ?? (section["private_key"] == nil ? nil : .privateKeyJWT)
        if method == .privateKeyJWT {
            _ = section.required("private_key", or: "private_key_jwt needs it")
            section["client_secret"]?.refuse("contradicts private_key_jwt")
        } else {
            section["private_key"]?.refuse("is only for token_endpoint_auth_method: private_key_jwt")
            refuseKeyParticulars(unless: section["private_key"] != nil)
            if method != .some(.none), section["client_id"] != nil {
                _ = section.required("client_secret", or: "a public client needs token_endpoint_auth_method: none")
            }
        }
        if method == .some(.none) { section["client_secret"]?.refuse("contradicts token_endpoint_auth_method: none") }
        return method
    }

    private func refuseKeyParticulars(unless hasKey: Bool) {
        guard !hasKey else { return }
        for key in ["private_key_algorithm", "private_key_id"] { section[key]?.refuse("needs private_key") }
    }

    private func registration() -> Configuration.UpstreamRegistration? {
        guard let section = section["registration"]?.section() else { return nil }
        var registration = Configuration.UpstreamRegistration()
        registration.endpoint = section["endpoint"]?
            .string { ConfigurationRules.endpointObjection($0, allowsInsecureHTTP: allowsInsecureHTTP) }
        registration.clientName = section["client_name"]?.string() ?? registration.clientName
        registration.initialAccessToken = section["initial_access_token"]?.secret()
        return registration
    }
}
