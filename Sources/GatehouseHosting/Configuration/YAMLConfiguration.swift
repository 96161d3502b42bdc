package import ServerConfiguration
import YAMLText

/// Parses YAML into a configuration tree with line numbers, and refuses ambiguous input.
package enum YAMLConfiguration {
    /// The most values in a tree: a few aliases can expand to millions, which this bound stops.
    static let valueCountMax = 10_000

    /// The deepest nesting of lists and maps.
    static let depthMax = 16

    /// Reads the text of a file.
    package static func parse(_ text: String) throws(ConfigurationErrors) -> ConfigurationNode {
        try parse(text) { .line($0) }
    }

    /// Parses an environment variable; errors in it name the variable.
    static func parse(_ text: String, variable: String) throws(ConfigurationErrors) -> ConfigurationNode {
        try parse(text) { _ in .environment(variable) }
    }

    /// Reads a file that belongs to a list of the configuration; errors in it name the file.
    static func parse(_ text: String, file: String) throws(ConfigurationErrors) -> ConfigurationNode {
        try parse(text) { .fileLine(file, $0) }
    }

    private static func parse(
        _ text: String,
        location: @escaping (Int) -> ConfigurationLocation
    ) throws(ConfigurationErrors) -> ConfigurationNode {
        let root: YAMLNode?
        do throws(YAMLError) {
            root = try YAMLReader.read(text)
        } catch {
            throw ConfigurationErrors([configurationError(error, location: location)])
        }
        guard let root else { return ConfigurationNode(.empty) }
        var converter = NodeConverter(location: location)
        do throws(ConfigurationError) {
            return try converter.convert(root, depth: 0)
        } catch {
            throw ConfigurationErrors([error])
        }
    }

    private static func configurationError(
        _ error: YAMLError,
        location: (Int) -> ConfigurationLocation
    ) -> ConfigurationError {
        switch error {
        case .invalid(let problem, let line):
            ConfigurationError(path: "", message: "not valid YAML: \(problem)", location: line.map(location))
        case .repeatedKey(let key, let line):
            ConfigurationError(path: key, message: "occurs twice in one map", location: location(line))
        }
    }
}

/// Converts the YAML library's nodes.
private struct NodeConverter {
    let location: (Int) -> ConfigurationLocation
    private var valueCount = 0

    init(location: @escaping (Int) -> ConfigurationLocation) {
        self.location = location
    }

    mutating func convert(_ node: YAMLNode, depth: Int) throws(ConfigurationError) -> ConfigurationNode {
        let place = location(node.line)
        valueCount += 1
        guard valueCount <= YAMLConfiguration.valueCountMax, depth <= YAMLConfiguration.depthMax else {
            throw ConfigurationError(path: "", message: "has too many values or is nested too deeply", location: place)
        }
        switch node.content {
        case .scalar(let text, let isPlain):
            return ConfigurationNode(isPlain && Self.isNull(text) ? .empty : .scalar(text), location: place)
        case .sequence(let elements):
            var nodes: [ConfigurationNode] = []
            for element in elements { nodes.append(try convert(element, depth: depth + 1)) }
            return ConfigurationNode(.list(nodes), location: place)
        case .mapping(let mapping):
            var entries: [ConfigurationNode.Entry] = []
            for entry in mapping {
                guard case .scalar(let name, _) = entry.key.content else {
                    throw ConfigurationError(path: "", message: "a key must be a name", location: place)
                }
                let converted = try convert(entry.value, depth: depth + 1)
                entries.append(.init(name: name, location: location(entry.key.line), node: converted))
            }
            return ConfigurationNode(.map(entries), location: place)
        }
    }

    /// YAML 1.2 §10.3.2: a plain scalar that is empty, `~` or `null` is no value; a quoted one is text.
    private static func isNull(_ text: String) -> Bool { ["", "~", "null", "Null", "NULL"].contains(text) }
}
