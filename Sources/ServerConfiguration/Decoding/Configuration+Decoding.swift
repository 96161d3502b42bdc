extension Configuration {
    /// Decodes a configuration and checks every value.
    ///
    /// - Parameter root: The tree of the file, environment overrides already applied.
    /// - Throws: Everything that is wrong, in the order of the file's lines.
    package init(decoding root: ConfigurationNode) throws(ConfigurationErrors) {
        let problems = ConfigurationProblems()
        ConfigurationKeyCheck(problems: problems).walk(root)
        let file = ConfigurationCursor(path: "", node: root, location: nil, problems: problems)
        self = Self.keys.blank
        if let file = file.section() {
            Self.keys.decode(file, into: &self, DecodingContext(configuration: self))
        }
        guard problems.errors.isEmpty else { throw ConfigurationErrors(problems.errors.inLineOrder) }
    }

    /// Replaces every secret reference; this is how a host reads files and environment variables into a configuration.
    ///
    /// - Parameter replace: Gets the key's path, the reference and what the secret must be, and returns what takes the
    ///   reference's place.
    package mutating func replaceSecrets(_ replace: SecretReplacement) {
        for key in Self.keys.keys { key.replaceSecrets(key.name, &self, replace) }
    }

    /// Every file that the configuration names, besides those of secrets, in the order of the keys.
    package var files: [ConfiguredFile] {
        Self.keys.keys.flatMap { $0.files($0.name, self) }
    }
}

extension [ConfigurationError] {
    /// Sorted by line; what has no line comes first, and one line's errors stay in the order they were found.
    fileprivate var inLineOrder: [ConfigurationError] {
        func line(_ error: ConfigurationError) -> Int {
            if case .line(let line) = error.location { line } else { 0 }
        }
        return enumerated().sorted { (line($0.element), $0.offset) < (line($1.element), $1.offset) }.map(\.element)
    }
}
