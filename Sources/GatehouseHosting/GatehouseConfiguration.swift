import FoundationEssentials
import OAuthProtocol
import ServerConfiguration

/// What a server needs to know: the keys of `gatehouse serve`, from a file or from text.
///
/// Secrets come from files and environment variables that the configuration names, and are read at once.
public struct GatehouseConfiguration: Sendable {
    let loaded: ConfigurationLoader.Loaded

    /// Reads a YAML file, as `gatehouse serve --config` does, with the folders `clients.d` and `resources.d` beside it.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - environment: Variables: secrets that the file names, and overrides of keys (`GATEHOUSE_…`);
    ///     `nil` is the process's own environment.
    /// - Throws: ``GatehouseConfigurationError`` with everything that is wrong.
    public init(
        file path: String,
        environment: [String: String]? = nil
    ) throws(GatehouseConfigurationError) {
        do throws(ConfigurationErrors) {
            loaded = try ConfigurationLoader(environment: environment ?? Self.environment).loadAll(path: path)
        } catch {
            throw GatehouseConfigurationError(error)
        }
    }

    /// Reads YAML text with the same keys.
    ///
    /// - Parameters:
    ///   - text: The text.
    ///   - environment: Variables: secrets that the text names, and overrides of keys (`GATEHOUSE_…`);
    ///     `nil` is the process's own environment.
    /// - Throws: ``GatehouseConfigurationError`` with everything that is wrong.
    public init(
        yaml text: String,
        environment: [String: String]? = nil
    ) throws(GatehouseConfigurationError) {
        do throws(ConfigurationErrors) {
            loaded = try ConfigurationLoader(environment: environment ?? Self.environment).loadAll(text: text)
        } catch {
            throw GatehouseConfigurationError(error)
        }
    }

    private static var environment: [String: String] { ProcessInfo.processInfo.environment }

    /// The issuer, which is the URL that clients are given.
    public var issuer: String { loaded.configuration.issuer.text }

    /// What the configuration permits and may not be intended, each with its key.
    public var warnings: [String] { loaded.warnings.map { "\($0.path): \($0.message)" } }
}

/// Why a configuration cannot be served.
public struct GatehouseConfigurationError: Error, CustomStringConvertible {
    /// Each problem with its key, its line and what to do; never a secret.
    public let problems: [String]

    /// The problems, a line for each.
    public var description: String { problems.joined(separator: "\n") }

    init(_ errors: ConfigurationErrors) { problems = errors.errors.map(\.description) }
}
