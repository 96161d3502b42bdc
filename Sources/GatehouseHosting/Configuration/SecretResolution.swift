import DurableLog
package import ServerConfiguration

/// Reads the secrets that a configuration refers to, from files and environment variables.
package struct SecretResolution {
    let environment: [String: String]
    let files = HostFiles()

    /// A resolution that reads variables from an environment.
    package init(environment: [String: String]) { self.environment = environment }

    /// The configuration with every reference replaced by its secret.
    ///
    /// - Throws: Every missing or empty secret, by its key; never its content.
    package func resolve(_ configuration: Configuration) throws(ConfigurationErrors) -> Configuration {
        var resolved = configuration
        var errors: [ConfigurationError] = []
        resolved.replaceSecrets { path, reference, content in
            do throws(HostFiles.Refusal) {
                let value = try value(reference)
                errors += Self.objection(to: value, content).map { [ConfigurationError(path: path, message: $0)] } ?? []
                return .value(value)
            } catch {
                errors.append(ConfigurationError(path: path, message: "\(reference) \(error.reason)"))
                return reference
            }
        }
        guard errors.isEmpty else { throw ConfigurationErrors(errors) }
        return resolved
    }

    /// The files of secrets that every user of the machine can read.
    func warnings(of configuration: Configuration) -> [ConfigurationWarning] {
        var unresolved = configuration
        var warnings: [ConfigurationWarning] = []
        unresolved.replaceSecrets { path, reference, _ in
            if case .file(let file) = reference {
                warnings += files.readableSecretWarning(file: file, key: path).map { [$0] } ?? []
            }
            return reference
        }
        return warnings
    }

    private static func objection(to secret: SecretValue, _ content: SecretContent) -> String? {
        switch content {
        case .text: return nil
        case .credential: return SecretStrength.objection(to: secret)
        case .longCredential: return SecretStrength.objection(to: secret, canBePermitted: false)
        case .storageKey:
            do throws(StorageKeyError) {
                _ = try StorageKey(contents: secret.bytes)
                return nil
            } catch {
                return "\(error)"
            }
        }
    }

    private func value(_ reference: SecretReference) throws(HostFiles.Refusal) -> SecretValue {
        switch reference {
        case .value(let value): return value
        // Each of several is replaced on its own, under a path of its own.
        case .anyOf: throw HostFiles.Refusal(reason: "cannot be read as one secret")
        case .file(let path): return try secret(try files.text(path))
        case .environment(let name):
            guard let text = environment[name] else { throw HostFiles.Refusal(reason: "is not set") }
            return try secret(text)
        }
    }

    /// Editors and `echo` end a file with a newline, which is not part of the secret.
    private func secret(_ text: String) throws(HostFiles.Refusal) -> SecretValue {
        let trimmed = text.drop(while: \.isWhitespace)
        guard let last = trimmed.lastIndex(where: { !$0.isWhitespace }) else {
            throw HostFiles.Refusal(reason: "is empty")
        }
        return SecretValue(String(trimmed[...last]))
    }
}
