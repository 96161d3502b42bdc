import OAuthProtocol
import ServerConfiguration

enum ConfigurationFuzz {
    /// A configuration is valid, or each of its errors says what is wrong; the input is its tree as JSON.
    static func tree(_ bytes: [UInt8]) -> String? {
        guard let json = try? JSONParser.parse(bytes) else { return nil }
        do throws(ConfigurationErrors) {
            _ = try Configuration(decoding: node(json))
            return nil
        } catch {
            return error.errors.isEmpty || error.errors.contains { $0.message.isEmpty } ? "an error without words" : nil
        }
    }

    private static func node(_ json: JSONValue) -> ConfigurationNode {
        switch json {
        case .null: ConfigurationNode(.empty)
        case .bool(let value): ConfigurationNode(.scalar("\(value)"))
        case .number(let number): ConfigurationNode(.scalar(number.text))
        case .string(let text): ConfigurationNode(.scalar(text))
        case .array(let elements): ConfigurationNode(.list(elements.map(node)))
        case .object(let object):
            ConfigurationNode(
                .map(
                    object.members.map { member in
                        ConfigurationNode.Entry(name: member.name, location: .line(1), node: node(member.value))
                    }
                )
            )
        }
    }
}
