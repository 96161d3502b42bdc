import FoundationEssentials
import ServerConfiguration

/// The files of `clients.d` and `resources.d` beside the configuration file: each adds one element, or a list of them,
/// to the list of that name, in the order of the files' names.
struct ConfigurationFragments {
    /// A file's text, the list that it belongs to, and its name for errors.
    struct Fragment {
        let list: String
        let name: String
        let text: String
    }

    /// The lists that have a folder.
    static let lists = ["clients", "resources"]

    let files: HostFiles
    /// The folder of the configuration file.
    let folder: String

    init(files: HostFiles, beside path: String) {
        self.files = files
        folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    }

    /// Reads every file whose name ends in `.yaml`; hidden ones, and what an editor leaves behind, are not read.
    func read() throws(ConfigurationErrors) -> [Fragment] {
        var fragments: [Fragment] = []
        for list in Self.lists {
            let directory = folder + "/\(list).d"
            // Without the folder there is nothing to add.
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
            for name in names.sorted() where name.hasSuffix(".yaml") && !name.hasPrefix(".") {
                do throws(HostFiles.Refusal) {
                    let text = try files.text("\(directory)/\(name)")
                    fragments.append(Fragment(list: list, name: "\(list).d/\(name)", text: text))
                } catch {
                    throw ConfigurationErrors([
                        ConfigurationError(path: "\(directory)/\(name)", message: error.reason)
                    ])
                }
            }
        }
        return fragments
    }

    /// Appends the elements of the fragments to the lists of a configuration.
    static func append(
        _ fragments: [Fragment],
        to root: ConfigurationNode
    ) throws(ConfigurationErrors) -> ConfigurationNode {
        var root = root
        for fragment in fragments {
            let node = try YAMLConfiguration.parse(fragment.text, file: fragment.name)
            let added: [ConfigurationNode] =
                switch node.content {
                case .empty: []
                case .list(let elements): elements
                case .map, .scalar: [node]
                }
            guard !added.isEmpty else { continue }
            var elements: [ConfigurationNode] = []
            if case .map(let entries) = root.content, let list = entries.first(where: { $0.name == fragment.list }) {
                guard case .list(let written) = list.node.content else {
                    // What is written in its place is refused by its own rule, with its own line.
                    guard case .empty = list.node.content else { continue }
                    root = root.setting([fragment.list], to: ConfigurationNode(.list(added), location: node.location))
                    continue
                }
                elements = written
            }
            let location = elements.first?.location ?? node.location
            root = root.setting([fragment.list], to: ConfigurationNode(.list(elements + added), location: location))
        }
        return root
    }
}
