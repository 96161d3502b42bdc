/// One thing that is wrong with a configuration, with the key's name and place.
package struct ConfigurationError: Error, Hashable, Sendable {
    /// The key's path, such as `upstreams[0].client_secret`; empty for the whole file.
    package var path: String

    /// What is wrong, and what to write instead.
    package var message: String

    /// Where the key is written.
    package var location: ConfigurationLocation?

    /// Makes an error.
    package init(path: String, message: String, location: ConfigurationLocation? = nil) {
        self.path = path
        self.message = message
        self.location = location
    }
}

extension ConfigurationError: CustomStringConvertible {
    /// One line: path, message, place.
    package var description: String {
        let named = path.isEmpty ? message : "\(path): \(message)"
        return location.map { "\(named) (\($0))" } ?? named
    }
}

/// Everything that is wrong with a configuration, in the order of its lines.
package struct ConfigurationErrors: Error, Hashable, Sendable {
    /// The errors; never empty when thrown.
    package var errors: [ConfigurationError]

    /// Collects errors.
    package init(_ errors: [ConfigurationError]) {
        self.errors = errors
    }
}

extension ConfigurationErrors: CustomStringConvertible {
    /// One error on each line.
    package var description: String {
        errors.map(\.description).joined(separator: "\n")
    }
}
