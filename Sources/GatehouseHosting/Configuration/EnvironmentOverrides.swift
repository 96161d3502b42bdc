import ServerConfiguration
import SocketHTTP

/// Applies `GATEHOUSE_…` variables to a configuration file: one variable for each key outside lists.
package struct EnvironmentOverrides {
    /// How the names of the variables begin.
    package static let prefix = "GATEHOUSE_"

    /// The errors in variables; the caller reports them with the configuration's own errors.
    private(set) var errors: [ConfigurationError] = []

    private let environment: [String: String]

    init(environment: [String: String]) {
        self.environment = environment
    }

    /// The tree with every override applied.
    mutating func apply(to root: ConfigurationNode) -> ConfigurationNode {
        var root = root
        // Shorter names first, so that GATEHOUSE_TOKENS sets the map and GATEHOUSE_TOKENS_… changes one of its keys.
        for name in variables.sorted(by: { ($0.utf8.count, $0) < ($1.utf8.count, $1) }) {
            guard let key = Self.keysByVariable[name], let text = environment[name] else { continue }
            do {
                root = root.setting(key.components, to: try Self.node(text, variable: name))
            } catch {
                errors += error.errors
            }
        }
        let secretVariables = root.secretVariables
        for name in variables.sorted() where Self.keysByVariable[name] == nil && !secretVariables.contains(name) {
            let near = NearestName.of(name, among: Self.keysByVariable.keys.sorted())
            let hint = near.map { "; did you mean \($0)?" } ?? ""
            errors.append(ConfigurationError(path: name, message: "unknown environment variable\(hint)"))
        }
        return root
    }

    private var variables: [String] {
        environment.keys.filter { $0.hasPrefix(Self.prefix) && !Self.isServiceLink($0) }
    }

    /// Kubernetes describes a service called `gatehouse` to its pods in variables of these names.
    private static func isServiceLink(_ name: String) -> Bool {
        let rest = name.dropFirst(prefix.count)
        return rest == "PORT" || rest.hasPrefix("PORT_") || rest.hasPrefix("SERVICE_HOST")
            || rest.hasPrefix("SERVICE_PORT")
    }

    /// A list or map is YAML in flow style; any other value is taken literally.
    private static func node(_ text: String, variable: String) throws(ConfigurationErrors) -> ConfigurationNode {
        // An IPv6 address begins like a list.
        if text.hasPrefix("{") || text.hasPrefix("[") && SocketAddress(text) == nil {
            return try YAMLConfiguration.parse(text, variable: variable)
        }
        return ConfigurationNode(.scalar(text), location: .environment(variable))
    }

    private static let keysByVariable: [String: ConfigurationKey] = Dictionary(
        ConfigurationKey.all.compactMap { key in key.environmentVariable.map { ($0, key) } },
        uniquingKeysWith: { first, _ in first }
    )
}

extension ConfigurationNode {
    /// The names of the variables that contain secrets; they may have our prefix too.
    fileprivate var secretVariables: Set<String> {
        switch content {
        case .empty, .scalar: []
        case .list(let nodes): nodes.reduce(into: []) { $0.formUnion($1.secretVariables) }
        case .map(let entries):
            entries.reduce(into: []) { names, entry in
                if entry.name == "env", case .scalar(let name) = entry.node.content { names.insert(name) }
                names.formUnion(entry.node.secretVariables)
            }
        }
    }
}
