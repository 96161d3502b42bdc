/// A piece of a configuration file before it has a meaning: text, a list or a map, and where it is written.
package struct ConfigurationNode: Hashable, Sendable {
    /// What the piece is.
    package enum Content: Hashable, Sendable {
        /// Nothing was written after the key.
        case empty
        /// A single value, as text.
        case scalar(String)
        /// A list.
        case list([ConfigurationNode])
        /// A map in its written order.
        case map([Entry])
    }

    /// One key of a map and what belongs to it.
    package struct Entry: Hashable, Sendable {
        /// The key.
        package var name: String
        /// Where the key is written.
        package var location: ConfigurationLocation?
        /// What belongs to it.
        package var node: ConfigurationNode

        /// Makes an entry.
        package init(name: String, location: ConfigurationLocation?, node: ConfigurationNode) {
            self.name = name
            self.location = location
            self.node = node
        }
    }

    /// What the piece is.
    package var content: Content

    /// Where it is written.
    package var location: ConfigurationLocation?

    /// Makes a piece.
    package init(_ content: Content, location: ConfigurationLocation? = nil) {
        self.content = content
        self.location = location
    }
}

/// Where a value was written.
package enum ConfigurationLocation: Hashable, Sendable {
    /// A line of the configuration file, counted from 1.
    case line(Int)
    /// A line of another file, such as one of `clients.d`; the file by its path beside the configuration file.
    case fileLine(String, Int)
    /// An environment variable.
    case environment(String)
}

extension ConfigurationLocation: CustomStringConvertible {
    /// The place as a message names it.
    package var description: String {
        switch self {
        case .line(let line): "line \(line)"
        case .fileLine(let file, let line): "\(file), line \(line)"
        case .environment(let name): name
        }
    }
}

extension ConfigurationNode {
    /// The same tree with one key set, maps made on the way; this is how an environment variable overrides a file.
    ///
    /// - Parameters:
    ///   - path: The names of the keys from the root.
    ///   - node: The new value.
    /// - Returns: The changed tree.
    package func setting(_ path: some Collection<String>, to node: ConfigurationNode) -> ConfigurationNode {
        guard let name = path.first else { return node }
        var entries: [Entry] = if case .map(let entries) = content { entries } else { [] }
        let index = entries.firstIndex { $0.name == name }
        let child = index.map { entries[$0].node } ?? ConfigurationNode(.empty)
        let entry = Entry(
            name: name,
            location: node.location,
            node: child.setting(path.dropFirst(), to: node)
        )
        if let index { entries[index] = entry } else { entries.append(entry) }
        return ConfigurationNode(.map(entries), location: location)
    }
}
