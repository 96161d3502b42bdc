import ServerConfiguration
import Testing

@testable import ServerCommand

@Suite("The table of keys")
struct ConfigurationKeyTests {
    @Test("knows each path once, and each variable once")
    func isUnambiguous() {
        let paths = ConfigurationKey.all.map(\.path)
        #expect(Set(paths).count == paths.count)
        let variables = ConfigurationKey.all.compactMap(\.environmentVariable)
        #expect(Set(variables).count == variables.count)
    }

    @Test("has a reader behind every key: a value of the wrong kind is refused with the key's path")
    func everyKeyIsRead() {
        for key in ConfigurationKey.all where !key.path.hasSuffix("]") {
            let path = key.path.split(separator: ".").map(String.init)
            // A map inside a list is refused by every reader, because it is no text, no list of texts and no map.
            let lines = refusals(Self.yaml(path, value: "[{wrong: [[kind]]}]"))
            let written = key.path.replacing("[]", with: "[0]")
            #expect(
                lines.contains {
                    $0.hasPrefix(written + ":") || $0.hasPrefix(written + "[0]") || $0.hasPrefix(written + ".")
                },
                "\(key.path) is not read: \(lines)"
            )
        }
    }

    @Test("refuses each key's misspelling with its path and the right spelling")
    func everyMisspellingIsRefused() {
        for key in ConfigurationKey.all where !key.path.hasSuffix("]") {
            var path = key.path.split(separator: ".").map(String.init)
            let name = path.removeLast()
            let lines = refusals(Self.yaml(path + [name + "x"], value: "1"))
            let written = (path + [name + "x"]).joined(separator: ".").replacing("[]", with: "[0]")
            #expect(lines.contains { $0.hasPrefix("\(written): unknown key; did you mean") }, "\(key.path): \(lines)")
        }
    }

    /// A configuration with one key set, in the flow form.
    private static func yaml(_ path: [String], value: String) -> String {
        var text = value
        for (depth, name) in path.enumerated().reversed() {
            guard name.hasSuffix("[]") else {
                text = "{\(name): \(text)}"
                continue
            }
            // An upstream's kind decides which of its other keys are read.
            let decides = ["preset", "type"].contains(path[depth + 1])
            let kind = name == "upstreams[]" && !decides ? ", type: oauth2" : ""
            text = "{\(name.dropLast(2)): [\(text.dropLast())\(kind)}]}"
        }
        return text
    }
}
