import AuthorizationServer
import OpenSSLCrypto

/// Turns a file, the environment and the secrets they name into a configuration that can be served.
struct ConfigurationLoader {
    let environment: [String: String]
    let files = HostFiles()

    /// Loads a file; every error of every step that could be taken is reported at once.
    func load(path: String) throws(ConfigurationErrors) -> Configuration {
        let text: String
        do {
            text = try files.text(path)
        } catch {
            throw ConfigurationErrors([ConfigurationError(path: path, message: error.reason)])
        }
        return try load(text: text)
    }

    /// Loads a file's text.
    func load(text: String) throws(ConfigurationErrors) -> Configuration {
        var overrides = EnvironmentOverrides(environment: environment)
        let root = overrides.apply(to: try YAMLConfiguration.parse(text))
        let decoded: Configuration
        do throws(ConfigurationErrors) {
            decoded = try Configuration(decoding: root)
        } catch {
            throw ConfigurationErrors(overrides.errors + error.errors)
        }
        let errors = overrides.errors + unreadableFiles(decoded)
        let resolved: Configuration
        do throws(ConfigurationErrors) {
            resolved = try SecretResolution(environment: environment).resolve(decoded)
        } catch {
            throw ConfigurationErrors(errors + error.errors)
        }
        let found = errors + resolved.upstreamErrors
        guard found.isEmpty else { throw ConfigurationErrors(found) }
        return resolved
    }

    private func unreadableFiles(_ configuration: Configuration) -> [ConfigurationError] {
        var named: [(path: String, file: String)] = []
        for (index, listener) in configuration.listen.enumerated() {
            guard let tls = listener.tls else { continue }
            named.append(("listen[\(index)].tls.certificate_file", tls.certificateFile))
            named.append(("listen[\(index)].tls.private_key_file", tls.privateKeyFile))
        }
        if let file = configuration.outbound.caFile { named.append(("outbound.ca_file", file)) }
        return unusableKeys(configuration)
            + named.compactMap { path, file in
                do throws(HostFiles.Refusal) {
                    try files.check(file)
                    return nil
                } catch {
                    return ConfigurationError(path: path, message: "file \(file) \(error.reason)")
                }
            }
    }

    /// A key file is read whole now: a server that starts and cannot sign is worse than one that does not start.
    private func unusableKeys(_ configuration: Configuration) -> [ConfigurationError] {
        configuration.signing.keyFiles.enumerated().compactMap { index, file in
            let path = "signing.key_files[\(index)]"
            do {
                _ = try PrivateKey(pem: try files.text(file))
                return nil
            } catch let refusal as HostFiles.Refusal {
                return ConfigurationError(path: path, message: "file \(file) \(refusal.reason)")
            } catch {
                return ConfigurationError(
                    path: path,
                    message:
                        "file \(file) holds no PEM private key for ES256, EdDSA or RS256 (RSA of 2048 bits or more)"
                )
            }
        }
    }
}
