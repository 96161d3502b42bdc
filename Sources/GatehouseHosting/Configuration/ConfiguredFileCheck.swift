import OpenSSLCrypto
import ServerConfiguration
import SocketHTTP

/// Checks the contents of the files that a configuration names: a configuration that is reported as valid must not fail
/// at start because of a missing key or certificate.
struct ConfiguredFileCheck {
    let files: HostFiles

    /// Everything that is wrong with them, by the keys that name them; a logo is checked when it is read.
    func errors(of configuration: Configuration) -> [ConfigurationError] {
        let named = configuration.files
        let unreadable = named.filter { $0.content == .tlsIdentity }.compactMap(error)
        return unreadable + unusableIdentities(configuration, unreadable)
            + named.filter { ![.tlsIdentity, .logo].contains($0.content) }.compactMap(error)
    }

    /// The private keys among them that every user of the machine can read.
    func warnings(of configuration: Configuration) -> [ConfigurationWarning] {
        configuration.files.filter { file in
            switch file.content {
            case .certificates, .logo: false
            case .signingKey: true
            case .tlsIdentity: file.key.hasSuffix(".private_key_file")
            }
        }
        .compactMap { files.readableSecretWarning(file: $0.path, key: $0.key) }
    }

    private func error(_ file: ConfiguredFile) -> ConfigurationError? {
        do throws(HostFiles.Refusal) {
            let bytes = try files.bytes(file.path)
            guard let objection = objection(to: bytes, file.content) else { return nil }
            return ConfigurationError(path: file.key, message: "file \(file.path) \(objection)")
        } catch {
            return ConfigurationError(path: file.key, message: "file \(file.path) \(error.reason)")
        }
    }

    private func objection(to bytes: [UInt8], _ content: ConfiguredFile.Content) -> String? {
        // The text around a PEM block may be in any encoding.
        let text = String(decoding: bytes, as: UTF8.self)
        switch content {
        case .tlsIdentity, .logo: return nil
        case .certificates:
            // Any spelling that OpenSSL reads is accepted.
            return text.contains(/-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----/) ? nil : "contains no PEM certificate"
        case .signingKey:
            do {
                _ = try PrivateKey(pem: text)
                return nil
            } catch {
                return "contains no PEM private key for ES256, EdDSA or RS256 (RSA of 2048 bits or more)"
            }
        }
    }

    /// The identities whose certificate and key can be read but not used together.
    private func unusableIdentities(
        _ configuration: Configuration,
        _ unreadable: [ConfigurationError]
    ) -> [ConfigurationError] {
        let identities =
            configuration.listen.enumerated().map { ("listen[\($0)].tls", $1.tls) }
            + [("management.tls", configuration.management.tls)]
        return identities.compactMap { path, tls in
            guard let tls, !unreadable.contains(where: { $0.path.hasPrefix(path + ".") }) else {
                return nil
            }
            do throws(TLSError) {
                try TLSConfiguration(certificateFile: tls.certificateFile, privateKeyFile: tls.privateKeyFile).check()
                return nil
            } catch {
                return ConfigurationError(path: path, message: "\(error)")
            }
        }
    }
}
