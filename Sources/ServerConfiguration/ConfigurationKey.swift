/// A key of the configuration file; the table of all of them decides what is known.
package struct ConfigurationKey: Hashable, Sendable {
    /// The path, `[]` standing for each element of a list: `upstreams[].client_id`.
    package let path: String

    /// The environment variable that overrides the key, or `nil` inside lists, where the whole list is set.
    package var environmentVariable: String? {
        guard !path.contains("[") else { return nil }
        return "GATEHOUSE_" + String(path.uppercased().map { $0 == "." ? "_" : $0 })
    }

    /// The path's parts, for keys outside lists.
    package var components: [String] { path.split(separator: ".").map(String.init) }

    /// The names known below a path; empty where any name may stand.
    package static func names(below parent: String) -> [String] { namesByParent[parent] ?? [] }

    private static let namesByParent = Dictionary(grouping: all.filter { !$0.path.hasSuffix("]") }) {
        $0.parentAndName.parent
    }
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
}
