/// Says where a secret is kept; the configuration itself never holds one.
///
/// The host reads the file or the environment variable and replaces the reference by ``value(_:)``.
package enum SecretReference: Hashable, Sendable {
    /// The path of a file whose content, trimmed of surrounding whitespace, is the secret.
    case file(String)

    /// The name of an environment variable whose value is the secret.
    case environment(String)

    /// The secret itself, resolved by the host or handed in by an embedding test.
    case value(SecretValue)

    /// The secret, once the host has resolved it.
    package var value: SecretValue? {
        if case .value(let value) = self { value } else { nil }
    }
}

extension SecretReference: CustomStringConvertible {
    /// Where the secret is kept, for messages; a resolved one prints as redacted.
    package var description: String {
        switch self {
        case .file(let path): "file \(path)"
        case .environment(let name): "environment variable \(name)"
        case .value: "<redacted>"
        }
    }
}
