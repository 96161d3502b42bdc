/// A key of the configuration file by its path; the declarations of all sections decide what is known.
package struct ConfigurationKey: Hashable, Sendable {
    /// The path, with `[]` for each element of a list: `upstreams[].client_id`.
    package let path: String

    /// Every key that there is.
    package static let all = paths(of: Configuration.keys.descriptions(Configuration.keys.blank), below: "")

    /// The environment variable that overrides the key, or `nil` inside lists, where the whole list is set.
    package var environmentVariable: String? {
        guard !path.contains("[") else { return nil }
        return "GATEHOUSE_" + String(path.uppercased().map { $0 == "." ? "_" : $0 })
    }

    /// The path's parts, for keys outside lists.
    package var components: [String] { path.split(separator: ".").map(String.init) }

    /// The names known below a path; empty where any name may occur.
    static func names(below parent: String) -> [String] { namesByParent[parent] ?? [] }

    private static let namesByParent = Dictionary(grouping: all) { $0.parentAndName.parent }
        .mapValues { $0.map { $0.parentAndName.name } }

    /// The path split at its last dot.
    private var parentAndName: (parent: String, name: String) {
        guard let dot = path.lastIndex(of: ".") else { return ("", path) }
        return (String(path[..<dot]), String(path[path.index(after: dot)...]))
    }

    /// The path whose last name this is, for "did you mean" across sections.
    static func path(endingIn name: String) -> String? {
        all.first { $0.parentAndName.name == name }?.path
    }

    private static func paths(of keys: [KeyDescription], below parent: String) -> [ConfigurationKey] {
        keys.flatMap { key in
            let path = parent + key.name
            return [ConfigurationKey(path: path)]
                + paths(of: key.shape.keys, below: path + key.shape.pathSuffix + ".")
        }
    }
}
