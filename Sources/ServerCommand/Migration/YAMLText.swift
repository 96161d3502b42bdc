import OAuthProtocol

/// Writes JSON values as YAML for people: one key a line, and every text in quotes, so that none is taken for a number.
enum YAMLText {
    /// The lines of a map.
    static func lines(_ object: JSONObject) -> [String] {
        object.members.flatMap { name, value in entry(name, value) }
    }

    private static func entry(_ name: String, _ value: JSONValue) -> [String] {
        if let object = value.objectValue, !object.isEmpty {
            return ["\(name):"] + lines(object).map { "  " + $0 }
        }
        if let elements = value.arrayValue, elements.contains(where: { $0.objectValue != nil }) {
            return ["\(name):"] + elements.flatMap(element).map { "  " + $0 }
        }
        return ["\(name): \(value.serializedString())"]
    }

    private static func element(_ value: JSONValue) -> [String] {
        guard let object = value.objectValue, !object.isEmpty else { return ["- \(value.serializedString())"] }
        return lines(object).enumerated().map { index, line in (index == 0 ? "- " : "  ") + line }
    }
}
