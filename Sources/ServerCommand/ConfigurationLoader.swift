import AuthorizationServer
import DurableLog
import OpenSSLCrypto
import ServerConfiguration
import SocketHTTP

/// Turns a file, the environment and the secrets that they name into a configuration that can be served.
struct ConfigurationLoader {
    let environment: [String: String]
    let files = HostFiles()

    /// Loads a file; reports the errors of every step that could be taken at once.
    func load(path: String) throws(ConfigurationErrors) -> Configuration {
        let text: String
        do {
            text = try files.text(path)
        } catch {
            throw ConfigurationErrors([ConfigurationError(path: path, message: error.reason)])
        }
        return try load(text: text)
    }

    /// Loads a configuration from text.
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
        let found = errors + unusableStorageKey(resolved) + resolved.upstreamErrors
        guard found.isEmpty else { throw ConfigurationErrors(found) }
        return resolved
    }

    // Check the referenced files too: a configuration that is reported as valid must not fail at start because of a
    // missing key or certificate.
    private func unreadableFiles(_ configuration: Configuration) -> [ConfigurationError] {
        var errors = unusableKeys(configuration)
        for (index, listener) in configuration.listen.enumerated() {
            guard let tls = listener.tls else { continue }
            let unreadable = [
                unreadable(tls.certificateFile, "listen[\(index)].tls.certificate_file"),
                unreadable(tls.privateKeyFile, "listen[\(index)].tls.private_key_file"),
            ].compactMap(\.self)
            errors += unreadable
            guard unreadable.isEmpty else { continue }
            do throws(TLSError) {
                try TLSConfiguration(certificateFile: tls.certificateFile, privateKeyFile: tls.privateKeyFile).check()
            } catch {
                errors.append(ConfigurationError(path: "listen[\(index)].tls", message: "\(error)"))
            }
        }
        if let file = configuration.outbound.caFile {
            errors += [uncertified(file)].compactMap(\.self)
        }
        return errors
    }

    private func unreadable(_ file: String, _ path: String) -> ConfigurationError? {
        do throws(HostFiles.Refusal) {
            try files.check(file)
            return nil
        } catch {
            return ConfigurationError(path: path, message: "file \(file) \(error.reason)")
        }
    }

    private func uncertified(_ file: String) -> ConfigurationError? {
        do throws(HostFiles.Refusal) {
            // Any spelling that OpenSSL reads is accepted, and the surrounding text may have any encoding.
            let text = String(decoding: try files.bytes(file), as: UTF8.self)
            guard !text.contains(/-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----/) else { return nil }
            return ConfigurationError(path: "outbound.ca_file", message: "file \(file) contains no PEM certificate")
        } catch {
            return ConfigurationError(path: "outbound.ca_file", message: "file \(file) \(error.reason)")
        }
    }

    private func unusableStorageKey(_ configuration: Configuration) -> [ConfigurationError] {
        guard let secret = configuration.storage.encryptionKey?.value else { return [] }
        do throws(StorageKeyError) {
            _ = try StorageKey(contents: secret.bytes)
            return []
        } catch {
            return [ConfigurationError(path: "storage.encryption_key", message: "\(error)")]
        }
    }

    /// A key file is read completely now: a server that starts and cannot sign is worse than one that does not start.
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
                        "file \(file) contains no PEM private key for ES256, EdDSA or RS256 (RSA of 2048 bits or more)"
                )
            }
        }
    }
}
