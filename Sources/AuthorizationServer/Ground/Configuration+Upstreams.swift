package import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
package import ServerConfiguration
package import UpstreamIdentity

extension Configuration {
    /// Errors at an upstream that would stop the start once the secrets are resolved: an unusable key, endpoints or
    /// scopes.
    package var upstreamErrors: [ConfigurationError] {
        upstreams.enumerated().compactMap { index, upstream -> ConfigurationError? in
            let path = "upstreams[\(index)]"
            if upstream.tokenEndpointAuthMethod == .privateKeyJWT {
                do throws(UpstreamError) {
                    _ = try upstream.assertionKey()
                } catch {
                    return ConfigurationError(path: path + ".private_key", message: error.reason)
                }
            }
            do throws(UpstreamError) {
                try upstream.providerConfiguration(issuer: issuer).check()
                return nil
            } catch {
                return ConfigurationError(path: path, message: error.reason)
            }
        }
    }
}

extension Configuration {
    /// What the operator should know of each upstream's configuration, by the path of its key: a check that is
    /// loosened, or a mistake that is likely.
    ///
    /// Upstreams that could not be used are left to ``upstreamErrors``. A start logs these warnings by itself.
    package var providerWarnings: [ConfigurationWarning] {
        upstreams.enumerated().flatMap { index, upstream -> [ConfigurationWarning] in
            // An unusable one is reported as an error.
            let warnings = (try? upstream.providerConfiguration(issuer: issuer).warnings) ?? []
            return warnings.map { ConfigurationWarning(path: "upstreams[\(index)].\($0.key)", message: $0.text) }
        }
    }
}

extension Configuration.Upstream {
    /// The provider's configuration, completed by its preset.
    ///
    /// - Throws: ``UpstreamError`` `misconfigured` for what could only fail at a login.
    package func providerConfiguration(issuer: Issuer) throws(UpstreamError) -> UpstreamConfiguration {
        var configuration = try UpstreamConfiguration(
            name: name,
            preset: preset,
            issuer: self.issuer,
            endpoints: endpoints,
            clientID: clientID,
            clientSecret: clientSecret?.value.map { UpstreamClientSecret($0.text) },
            clientAuthentication: try clientAuthentication(),
            scopes: scopes,
            additionalAuthorizationParameters: additionalAuthorizationParameters,
            callbackURL: issuer.url(EndpointPath.callback + "/" + name),
            addressPolicy: allowsPrivateNetwork || allowsInsecureHTTP ? .allowPrivate : .publicOnly,
            behaviour: behaviour,
            credential: preset == .entered ? enteredCredential : nil,
            server: preset == .mcp ? protectedServer(issuer: issuer) : nil,
            chained: chained,
            machine: machineConnection
        )
        configuration.olderClientSecrets = (clientSecret?.values.dropFirst() ?? []).map {
            UpstreamClientSecret($0.text)
        }
        configuration.login = login
        configuration.behaviour = verification.applied(to: configuration.behaviour)
        configuration.wantedClaims = (claims.map(\.upstream) + requiredClaims.map(\.claim))
        configuration.requiredClaims = requiredClaims
        configuration.allowsInsecureHTTP = allowsInsecureHTTP
        return configuration
    }

    private var enteredCredential: EnteredCredential {
        var credential = entered
        credential.api = api
        return credential
    }

    // A document on plain http proves nothing, so only a server for development accepts it.
    private func protectedServer(issuer: Issuer) -> ProtectedServer {
        var server = self.server
        guard clientID == nil, issuer.text.hasPrefix("https://") || allowsInsecureHTTP else { return server }
        server.clientDocument = issuer.url(EndpointPath.clientDocument + "/" + name + ".json")
        return server
    }

    private func clientAuthentication() throws(UpstreamError) -> UpstreamClientAuthentication? {
        switch tokenEndpointAuthMethod {
        case nil: return nil
        case .some(.none): return UpstreamClientAuthentication.none
        case .clientSecretBasic: return .basic
        case .clientSecretPost: return .post
        case .privateKeyJWT:
            do {
                return .privateKeyJWT(try assertionKey())
            } catch {
                throw UpstreamError(error.code, "private_key of the upstream \(name) \(error.reason)")
            }
        }
    }

    fileprivate func assertionKey() throws(UpstreamError) -> SigningKey {
        guard let pem = privateKey?.value?.text else {
            throw UpstreamError(.misconfigured, "is required for private_key_jwt")
        }
        let key: PrivateKey
        do {
            key = try PrivateKey(pem: pem)
        } catch {
            throw UpstreamError(
                .misconfigured,
                "contains no PEM private key for ES256, EdDSA or RS256 (RSA of 2048 bits or more)"
            )
        }
        let algorithm = privateKeyAlgorithm ?? key.algorithm
        guard algorithm == key.algorithm || (algorithm == .ps256 && key.algorithm == .rs256) else {
            throw UpstreamError(
                .misconfigured,
                "cannot sign with \(algorithm.rawValue)"
            )
        }
        return SigningKey(privateKey: key, algorithm: algorithm, keyID: privateKeyID)
    }
}
