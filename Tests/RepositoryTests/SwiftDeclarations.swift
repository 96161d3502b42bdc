/// Reads the shapes of functions and types from code whose comments and strings are blanked, well enough to count.
enum SwiftDeclarations {
    /// A function, an initializer or a computed property with a body.
    struct Function {
        let name: String
        let line: Int
        /// The lines between the braces.
        let lineCount: Int
    }

    /// An initializer, written or memberwise.
    struct Initializer {
        let type: String
        /// The parameters as written, or the names of the stored members that have no value yet.
        let parameters: [String]
    }

    // MARK: - Functions

    /// Every function, initializer and computed property with a body, nested ones too.
    static func functions(in code: String) -> [Function] {
        let text = Array(code.utf8)
        let properties = starts(of: #"\b(var\s+\w+)\s*:[^={}\n]*\{"#, in: code).map { start in
            Function(name: start.groups[1], line: start.line, lineCount: lineCount(of: start.end - 1, in: text))
        }
        return (properties + functionsWithParameters(in: code, text)).sorted { $0.line < $1.line }
    }

    private static func functionsWithParameters(in code: String, _ text: [UInt8]) -> [Function] {
        starts(of: #"\b(func\s+[^\s(<]+|init[?]?)\s*(?:<[^>{}]*>)?\("#, in: code).compactMap { start in
            let closing = end(of: start.end - 1, in: text)
            guard let opening = bodyStart(after: closing, in: text) else { return nil }
            return Function(name: start.groups[1], line: start.line, lineCount: lineCount(of: opening, in: text))
        }
    }

    /// The lines between a brace and the one that closes it.
    private static func lineCount(of opening: Int, in text: [UInt8]) -> Int {
        max(0, text[opening...end(of: opening, in: text)].count { $0 == UInt8(ascii: "\n") } - 1)
    }

    /// The brace that opens a body; `nil` for a requirement of a protocol.
    private static func bodyStart(after closing: Int, in text: [UInt8]) -> Int? {
        guard let brace = text[closing...].firstIndex(of: UInt8(ascii: "{")) else { return nil }
        let between = String(decoding: text[(closing + 1)..<brace], as: UTF8.self)
        // What follows a requirement, or a call of an initializer, is another declaration or statement.
        let words = between.split { !($0.isLetter || $0.isNumber || $0 == "_") }
        let others: Set<Substring> = [
            "func", "init", "let", "var", "struct", "enum", "extension", "class", "if", "guard", "for", "return", "do",
            "while", "switch", "static", "case", "else", "self", "try", "await", "private", "package", "public",
        ]
        return between.contains("}") || !others.isDisjoint(with: words) ? nil : brace
    }

    // MARK: - Initializers

    /// The initializers of the types and extensions in some code; a struct without any has its memberwise one.
    static func initializers(in code: String) -> [Initializer] {
        let text = Array(code.utf8)
        return starts(of: #"\b(struct|class|actor|extension)\s+([\w.]+)[^{}]*\{"#, in: code).flatMap { start in
            let opening = start.end - 1
            let members = topLevel(text[(opening + 1)..<end(of: opening, in: text)])
            let type = start.groups[2]
            let written = starts(of: #"\binit[?]?\s*(?:<[^>{}]*>)?\("#, in: members).map { found in
                let bytes = Array(members.utf8)
                let list = bytes[found.end..<end(of: found.end - 1, in: bytes)]
                return Initializer(type: type, parameters: parameters(String(decoding: list, as: UTF8.self)))
            }
            guard written.isEmpty, start.groups[1] == "struct" else { return written }
            let stored: Pattern = #"^\s*(?:package |private |fileprivate |public )*(?:let|var) (\w+)\s*:[^={\n]*$"#
            return [Initializer(type: type, parameters: stored.matches(in: members).map { $0.groups[1] })]
        }
    }

    /// The parameters of a list.
    private static func parameters(_ list: String) -> [String] {
        var depth = 0
        var parts = [""]
        for character in list {
            if "([{<".contains(character) { depth += 1 }
            if ")]}".contains(character) || character == ">" && parts[parts.count - 1].last != "-" { depth -= 1 }
            if character == ",", depth == 0 { parts.append("") } else { parts[parts.count - 1].append(character) }
        }
        return parts.filter { !$0.allSatisfy(\.isWhitespace) }
    }

    /// The code with the insides of braces left out.
    private static func topLevel(_ text: ArraySlice<UInt8>) -> String {
        var depth = 0
        var output: [UInt8] = []
        for byte in text {
            if byte == UInt8(ascii: "}") { depth -= 1 }
            if depth == 0 { output.append(byte) }
            if byte == UInt8(ascii: "{") { depth += 1 }
        }
        return String(decoding: output, as: UTF8.self)
    }

    // MARK: - Text

    private struct Start {
        let line: Int
        /// The position after the match.
        let end: Int
        let groups: [String]
    }

    /// The matches of a pattern with their positions in bytes.
    private static func starts(of pattern: String, in code: String) -> [Start] {
        guard let regex = try? Regex(pattern) else { return [] }
        var line = 1
        var position = code.startIndex
        return code.matches(of: regex).map { match in
            line += code[position..<match.range.lowerBound].utf8.count { $0 == UInt8(ascii: "\n") }
            position = match.range.lowerBound
            return Start(
                line: line,
                end: code.utf8.distance(from: code.startIndex, to: match.range.upperBound),
                groups: match.output.map { $0.substring.map(String.init) ?? "" }
            )
        }
    }

    /// Where the bracket at a position is closed.
    private static func end(of opening: Int, in text: [UInt8]) -> Int {
        let isBrace = text[opening] == UInt8(ascii: "{")
        let (open, close) = isBrace ? (UInt8(ascii: "{"), UInt8(ascii: "}")) : (UInt8(ascii: "("), UInt8(ascii: ")"))
        var depth = 0
        for index in opening..<text.count {
            if text[index] == open { depth += 1 }
            if text[index] == close {
                depth -= 1
                if depth == 0 { return index }
            }
        }
        return text.count - 1
    }
}
