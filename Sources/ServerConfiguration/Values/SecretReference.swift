/// Says where a secret is kept; the configuration itself never holds one.
///
/// The host reads the file or the environment variable and replaces the reference by ``value(_:)``.
package indirect enum SecretReference: Hashable, Sendable {
    /// The path of a file whose content, trimmed of surrounding whitespace, is the secret.
    case file(String)

    /// The name of an environment variable whose value is the secret.
    case environment(String)

    /// The secret itself, resolved by the host or handed in by an embedding test.
    case value(SecretValue)

    /// Several secrets while one takes the other's place, the newest first; any of them is accepted.
    case anyOf([SecretReference])

    /// The most secrets of one key: a new one, an old one, and two for what goes wrong.
    package static let countMax = 4

    /// The secret, once the host has resolved it; of several the newest.
    package var value: SecretValue? { values.first }

    /// The secrets that the host has resolved, the newest first.
    package var values: [SecretValue] {
        switch self {
        case .file, .environment: []
        case .value(let value): [value]
        case .anyOf(let references): references.flatMap(\.values)
        }
    }
}

extension SecretReference: CustomStringConvertible {
    /// Where the secret is kept, for messages; a resolved one prints as redacted.
    package var description: String {
        switch self {
        case .file(let path): "file \(path)"
        case .environment(let name): "environment variable \(name)"
        case .value: "<redacted>"
        case .anyOf(let references): references.map(\.description).joined(separator: ", ")
        }
    }
}
