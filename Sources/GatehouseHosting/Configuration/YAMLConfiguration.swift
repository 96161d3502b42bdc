package import ServerConfiguration
import Yams

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
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
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
        _ error: any Error,
        location: (Int) -> ConfigurationLocation
    ) -> ConfigurationError {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            ConfigurationError(path: "", message: "not valid YAML: \(problem)", location: location(mark.line))
        case .duplicatedKeysInMapping(let keys, let context):
            ConfigurationError(
                path: keys.first ?? "",
                message: "occurs twice in one map",
                location: location(context.mark.line)
            )
        default:
            ConfigurationError(path: "", message: "not valid YAML: \(error)")
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

    mutating func convert(_ node: Node, depth: Int) throws(ConfigurationError) -> ConfigurationNode {
        let place = node.mark.map { location($0.line) }
        valueCount += 1
        guard valueCount <= YAMLConfiguration.valueCountMax, depth <= YAMLConfiguration.depthMax else {
            throw ConfigurationError(path: "", message: "has too many values or is nested too deeply", location: place)
        }
        switch node {
        case .scalar(let scalar):
            return ConfigurationNode(isNull(scalar) ? .empty : .scalar(scalar.string), location: place)
        case .sequence(let sequence):
            var nodes: [ConfigurationNode] = []
            for element in sequence { nodes.append(try convert(element, depth: depth + 1)) }
            return ConfigurationNode(.list(nodes), location: place)
        case .mapping(let mapping):
            var entries: [ConfigurationNode.Entry] = []
            for (key, value) in mapping {
                guard case .scalar(let name) = key else {
                    throw ConfigurationError(path: "", message: "a key must be a name", location: place)
                }
                let entryPlace = key.mark.map { location($0.line) } ?? place
                let converted = try convert(value, depth: depth + 1)
                entries.append(.init(name: name.string, location: entryPlace, node: converted))
            }
            return ConfigurationNode(.map(entries), location: place)
        case .alias:
            throw ConfigurationError(path: "", message: "an alias does not name an anchor", location: place)
        }
    }

    /// YAML 1.2 §10.3.2: a plain scalar that is empty, `~` or `null` is no value; a quoted one is text.
    private func isNull(_ scalar: Node.Scalar) -> Bool {
        switch scalar.style {
        case .any, .plain: ["", "~", "null", "Null", "NULL"].contains(scalar.string)
        case .singleQuoted, .doubleQuoted, .literal, .folded: false
        }
    }
}
