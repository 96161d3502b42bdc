import AuthorizationServer
package import ServerConfiguration

/// Turns a file, the environment and the secrets that they name into a configuration that can be served.
package struct ConfigurationLoader {
    let environment: [String: String]
    let files = HostFiles()

    /// A loader that reads overrides and secrets from an environment.
    package init(environment: [String: String]) { self.environment = environment }

    /// A configuration that can be served, and what its secrets can be read from again.
    package struct Loaded: Sendable {
        /// With its secrets.
        package let configuration: Configuration
        /// With the places of its secrets.
        package let unresolved: Configuration
        /// Those of the warnings that a start does not log by itself.
        package let hostWarnings: [ConfigurationWarning]

        /// What it permits and the operator may not have intended.
        package var warnings: [ConfigurationWarning] { hostWarnings + configuration.providerWarnings }
    }

    /// Loads a file; reports the errors of every step that could be taken at once.
    package func load(path: String) throws(ConfigurationErrors) -> Configuration {
        try loadAll(path: path).configuration
    }

    /// Loads a file, keeps where its secrets are, and says what in it deserves attention.
    package func loadAll(path: String) throws(ConfigurationErrors) -> Loaded {
        let text: String
        do {
            text = try files.text(path)
        } catch {
            throw ConfigurationErrors([ConfigurationError(path: path, message: error.reason)])
        }
        return try loadAll(text: text, fragments: ConfigurationFragments(files: files, beside: path).read())
    }

    /// Loads a configuration from text.
    package func load(text: String) throws(ConfigurationErrors) -> Configuration {
        try loadAll(text: text).configuration
    }

    /// Loads a configuration from text, as ``loadAll(path:)`` does from a file.
    func loadAll(text: String, fragments: [ConfigurationFragments.Fragment] = []) throws(ConfigurationErrors) -> Loaded
    {
        try loadAll(root: try ConfigurationFragments.append(fragments, to: try YAMLConfiguration.parse(text)))
    }

    /// Loads a configuration from the tree of a file.
    package func loadAll(root: ConfigurationNode) throws(ConfigurationErrors) -> Loaded {
        var overrides = EnvironmentOverrides(environment: environment)
        let root = overrides.apply(to: root)
        var decoded: Configuration
        do throws(ConfigurationErrors) {
            decoded = try Configuration(decoding: root)
        } catch {
            throw ConfigurationErrors(overrides.errors + error.errors)
        }
        let check = ConfiguredFileCheck(files: files)
        let errors = overrides.errors + check.errors(of: decoded) + check.readLogo(into: &decoded)
        let resolved: Configuration
        do throws(ConfigurationErrors) {
            resolved = try SecretResolution(environment: environment).resolve(decoded)
        } catch {
            throw ConfigurationErrors(errors + error.errors)
        }
        let found = errors + resolved.upstreamErrors
        guard found.isEmpty else { throw ConfigurationErrors(found) }
        let fileWarnings =
            SecretResolution(environment: environment).warnings(of: decoded)
            + check.warnings(of: decoded)
        return Loaded(configuration: resolved, unresolved: decoded, hostWarnings: resolved.warnings + fileWarnings)
    }
}
