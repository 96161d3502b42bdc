import ServerConfiguration

@testable import ServerCommand

enum ConfigurationFuzz {
    /// A configuration file is valid, or each of its errors says what is wrong.
    static func file(_ bytes: [UInt8]) -> String? {
        do throws(ConfigurationErrors) {
            _ = try Configuration(decoding: YAMLConfiguration.parse(String(decoding: bytes, as: UTF8.self)))
            return nil
        } catch {
            return error.errors.isEmpty || error.errors.contains { $0.message.isEmpty } ? "an error without words" : nil
        }
    }
}
