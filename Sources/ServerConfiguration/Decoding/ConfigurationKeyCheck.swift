/// Compares a tree with the table of keys, and refuses what is unknown.
struct ConfigurationKeyCheck {
    let problems: ConfigurationProblems

    /// Walks a tree; `pattern` is its path in the table's spelling, `path` its own.
    func walk(_ node: ConfigurationNode, pattern: String = "", path: String = "") {
        switch node.content {
        case .empty, .scalar: return
        case .list(let nodes):
            // A list of secrets is written where one may be: its elements have the keys of the one.
            let isSecret = ConfigurationKey.names(below: pattern) == KeyDescription.secretKeys.map(\.name)
            for (index, node) in nodes.enumerated() {
                walk(node, pattern: isSecret ? pattern : pattern + "[]", path: "\(path)[\(index)]")
            }
        case .map(let entries):
            let known = ConfigurationKey.names(below: pattern)
            // A map that the table does not look into has free keys, or its reader refuses it as a whole.
            guard !known.isEmpty else { return }
            for entry in entries {
                let entryPath = path.isEmpty ? entry.name : "\(path).\(entry.name)"
                guard known.contains(entry.name) else {
                    refuse(entry, path: entryPath, known: known)
                    continue
                }
                let entryPattern = pattern.isEmpty ? entry.name : "\(pattern).\(entry.name)"
                walk(entry.node, pattern: entryPattern, path: entryPath)
            }
        }
    }

    private func refuse(_ entry: ConfigurationNode.Entry, path: String, known: [String]) {
        let hint =
            if let near = NearestName.of(entry.name, among: known) {
                "did you mean \(near)?"
            } else if let elsewhere = ConfigurationKey.path(endingIn: entry.name) {
                "it belongs at \(elsewhere)"
            } else {
                "known keys: \(known.joined(separator:  ", "))"
            }
        problems.report(path, "unknown key; \(hint)", entry.location)
    }
}
