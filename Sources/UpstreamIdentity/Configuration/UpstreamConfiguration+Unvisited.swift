import OAuthProtocol
import OpenSSLCrypto

/// Upstreams that no user visits: chained ones, and the operator's own.
extension UpstreamConfiguration {
    /// Whether there must be a client of ours, configured or registered.
    var needsClient: Bool {
        switch kind {
        case .entered: false
        // An exchange at the identity provider itself can be a request of our client there.
        case .chained(let server): server.foreign != nil
        case .openID, .oauth2, .protectedServer, .machine: true
        }
    }

    /// The authorization server that is asked for tokens, by its issuer or its configured token endpoint; `nil` where
    /// another provider's is, or users visit it.
    var unvisitedServer: (issuer: String?, token: String?)? {
        switch kind {
        case .chained(let server): server.foreign.map { ($0.issuer, endpointOverrides.token) }
        case .machine(.client(let client)): (client.issuer, endpointOverrides.token)
        case .machine(.installation), .entered, .openID, .oauth2, .protectedServer: nil
        }
    }

    func check(_ server: ChainedServer) throws(UpstreamError) {
        switch server.exchange {
        case .identityAssertion(let foreign):
            try UpstreamURL.check(foreign.issuer, what: "issuer", allowsInsecureHTTP: allowsInsecureHTTP)
            try UpstreamURL.check(foreign.resource, what: "resource", allowsInsecureHTTP: allowsInsecureHTTP)
        case .tokenExchange(let target):
            guard target.audience != nil || target.resource != nil || !scopes.isEmpty else {
                throw UpstreamError(.misconfigured, "an exchange needs an audience, a resource or scopes")
            }
        case .onBehalfOf:
            guard !scopes.isEmpty else { throw UpstreamError(.misconfigured, "on_behalf_of needs scopes") }
        }
    }

    func check(_ machine: MachineConnection) throws(UpstreamError) {
        switch machine {
        case .client(let client):
            guard let url = endpointOverrides.token ?? client.issuer else {
                throw UpstreamError(.misconfigured, "client_credentials needs an issuer or a token endpoint")
            }
            try UpstreamURL.check(url, what: "token endpoint or issuer", allowsInsecureHTTP: allowsInsecureHTTP)
            if case .none = clientAuthentication {
                // RFC 6749 §4.4: only for confidential clients.
                throw UpstreamError(.misconfigured, "client_credentials needs a client that authenticates")
            }
        case .installation(let installation):
            try UpstreamURL.check(installation.tokenURL, what: "API", allowsInsecureHTTP: allowsInsecureHTTP)
            guard case .privateKeyJWT(let key) = clientAuthentication, clientID != nil, key.algorithm == .rs256 else {
                throw UpstreamError(.misconfigured, "a GitHub App needs its client id and its RSA private key (RS256)")
            }
        }
    }
}
