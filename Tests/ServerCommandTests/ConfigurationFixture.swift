import ServerConfiguration

@testable import GatehouseHosting
@testable import ServerCommand

/// Decodes a configuration's text the way the command does, without files and environment.
func decode(_ text: String) throws -> Configuration {
    try Configuration(decoding: try YAMLConfiguration.parse(text))
}

/// The lines that a text is refused with; empty when it is accepted.
func refusals(_ text: String) -> [String] {
    do throws(ConfigurationErrors) {
        _ = try Configuration(decoding: try YAMLConfiguration.parse(text))
        return []
    } catch {
        return error.errors.map(\.description)
    }
}
