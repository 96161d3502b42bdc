package import OAuthProtocol

extension JSONObject {
    /// The object as JSON text with a line for each member, for people, and no line break at its end.
    package var indentedText: String { JSONValue.object(self).indented(by: 0) }
}

extension JSONValue {
    fileprivate func indented(by depth: Int) -> String {
        switch self {
        case .object(let object) where !object.isEmpty:
            let lines = object.members.map { "\(JSONValue.string($0.name).text): \($0.value.indented(by: depth + 1))" }
            return Self.block(lines, in: ("{", "}"), depth: depth)
        case .array(let values) where values.contains(where: \.hasMembers):
            return Self.block(values.map { $0.indented(by: depth + 1) }, in: ("[", "]"), depth: depth)
        case .array(let values):
            return "[" + values.map { $0.indented(by: depth) }.joined(separator: ", ") + "]"
        case .object, .null, .bool, .number, .string:
            return text
        }
    }

    private static func block(_ lines: [String], in brackets: (String, String), depth: Int) -> String {
        let indentation = String(repeating: "  ", count: depth + 1)
        let end = String(repeating: "  ", count: depth)
        return "\(brackets.0)\n" + lines.map { indentation + $0 }.joined(separator: ",\n") + "\n\(end)\(brackets.1)"
    }

    private var hasMembers: Bool {
        switch self {
        case .object, .array: true
        case .null, .bool, .number, .string: false
        }
    }

    private var text: String {
        var bytes: [UInt8] = []
        JSONWriter.append(self, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
