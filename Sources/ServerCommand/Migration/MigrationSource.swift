import OAuthProtocol
import ServerConfiguration

/// A part of another program's configuration, read leniently: what is missing or of another kind reads as nothing.
struct MigrationSource {
    private let node: ConfigurationNode

    /// A part of a tree.
    init(_ node: ConfigurationNode) {
        self.node = node
    }

    private var entries: [ConfigurationNode.Entry] {
        if case .map(let entries) = node.content { entries } else { [] }
    }

    /// The keys, in their order.
    var names: [String] { entries.map(\.name) }

    /// Whether a key has a value.
    func has(_ name: String) -> Bool {
        entries.contains { $0.name == name && $0.node.content != .empty }
    }

    /// The part below a key; an empty one if it is missing.
    subscript(_ name: String) -> MigrationSource {
        MigrationSource(entries.first { $0.name == name }?.node ?? ConfigurationNode(.empty))
    }

    /// A text that is not empty.
    func text(_ name: String) -> String? { self[name].ownText }

    private var ownText: String? {
        if case .scalar(let text) = node.content, !text.isEmpty { text } else { nil }
    }

    /// The elements of a list.
    func list(_ name: String) -> [MigrationSource] {
        if case .list(let nodes) = self[name].node.content { nodes.map(MigrationSource.init) } else { [] }
    }

    /// The texts of a list.
    func texts(_ name: String) -> [String] { list(name).compactMap(\.ownText) }

    /// The keys with texts as values.
    var pairs: [(name: String, text: String)] {
        entries.compactMap { entry in MigrationSource(entry.node).ownText.map { (entry.name, $0) } }
    }

    /// A secret in a file or in an environment variable; a file wins.
    func secret(_ file: String, _ variable: String) -> JSONValue? {
        if let path = text(file) { return ["file": .string(path)] }
        return text(variable).map { ["env": .string($0)] }
    }
}
