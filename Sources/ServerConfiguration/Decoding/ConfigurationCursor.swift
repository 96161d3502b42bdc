/// Collects what is wrong while a configuration is decoded, so that one run names everything.
final class ConfigurationProblems {
    private(set) var errors: [ConfigurationError] = []

    func report(_ path: String, _ message: String, _ location: ConfigurationLocation?) {
        errors.append(ConfigurationError(path: path, message: message, location: location))
    }
}

/// Walks a configuration tree and reads values, each refusal naming its key and place.
///
/// Every reader returns `nil` after it reported, so the caller goes on with a default and finds the next error.
struct ConfigurationCursor {
    let path: String
    let node: ConfigurationNode
    let location: ConfigurationLocation?
    let problems: ConfigurationProblems

    /// Reports an error at this place.
    func refuse(_ message: String) {
        problems.report(path, message, location)
    }

    /// Reports a string's error at this place and returns `nil`, for checks in a chain.
    func refused<Value>(_ message: String) -> Value? {
        refuse(message)
        return nil
    }

    /// The value of a key, or `nil` when it is not there.
    subscript(_ name: String) -> ConfigurationCursor? {
        guard case .map(let entries) = node.content, let entry = entries.first(where: { $0.name == name }) else {
            return nil
        }
        return below(entry)
    }

    /// Reports that a key must be there, and why.
    func reportMissing(_ name: String, _ reason: String? = nil) {
        let message = reason.map { "is required; \($0)" } ?? "is required"
        problems.report(path.isEmpty ? name : "\(path).\(name)", message, location)
    }

    /// Reports a key that is not there and that other keys, or their absence, make necessary.
    func require(_ name: String, or reason: String? = nil) {
        switch node.content {
        case .map, .empty: if self[name] == nil { reportMissing(name, reason) }
        // What has no keys was reported as such.
        case .scalar, .list: break
        }
    }

    /// The text that is written here, whatever it means; `nil` for lists and maps.
    var text: String? {
        if case .scalar(let text) = node.content { text } else { nil }
    }

    /// Whether something was reported at this place.
    var isRefused: Bool { problems.errors.contains { $0.path == path } }

    /// The entries of a map, in their order.
    func entries() -> [(name: String, value: ConfigurationCursor)] {
        switch node.content {
        case .map(let entries): return entries.map { ($0.name, below($0)) }
        case .empty: return []
        case .scalar, .list:
            refuse("must be a map of keys and values")
            return []
        }
    }

    /// The elements of a list, or `nil` for what is not one.
    func elements() -> [ConfigurationCursor]? {
        switch node.content {
        case .list(let nodes):
            nodes.enumerated().map { index, node in
                ConfigurationCursor(
                    path: "\(path)[\(index)]",
                    node: node,
                    location: node.location ?? location,
                    problems: problems
                )
            }
        case .empty: []
        case .scalar, .map: refused("must be a list")
        }
    }

    /// This place, if it holds a map or nothing; everything else is refused.
    func section() -> ConfigurationCursor? {
        switch node.content {
        case .map, .empty: self
        case .scalar, .list: refused("must be a map of keys and values")
        }
    }

    private func below(_ entry: ConfigurationNode.Entry) -> ConfigurationCursor {
        ConfigurationCursor(
            path: path.isEmpty ? entry.name : "\(path).\(entry.name)",
            node: entry.node,
            location: entry.location ?? location,
            problems: problems
        )
    }
}
