import AuthorizationServer
import ServerConfiguration

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
        let errors = overrides.errors + ConfiguredFileCheck(files: files).errors(of: decoded)
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
}
