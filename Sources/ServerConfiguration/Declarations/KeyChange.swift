/// A key whose value differs between two configurations.
package struct KeyChange: Hashable, Sendable {
    /// The path, such as `limits.connections`.
    package let path: String
    /// Whether a running server takes the new value; otherwise it needs a restart.
    package let isReloaded: Bool

    init(path: String, isReloaded: Bool = false) {
        self.path = path
        self.isReloaded = isReloaded
    }
}

extension Configuration {
    /// What differs in another configuration, whatever the secrets in both are.
    ///
    /// Secrets are no difference: a running server reads them anew without a change of the configuration.
    package func changes(to other: Configuration) -> [KeyChange] {
        let (old, new) = (withoutSecrets, other.withoutSecrets)
        return Self.keys.keys.flatMap { $0.changes($0.name, from: old, to: new) }
    }

    private var withoutSecrets: Configuration {
        var configuration = self
        configuration.replaceSecrets { _, _, _ in .environment("") }
        return configuration
    }
}
