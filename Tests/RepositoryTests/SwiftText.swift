/// Separates Swift code from its comments and strings, well enough for rules about single words.
enum SwiftText {
    /// The text with comments and the contents of string literals replaced by blanks.
    static func code(_ text: String) -> String {
        var scanner = Scanner(Array(text.utf8))
        scanner.scan(until: nil)
        return String(decoding: scanner.output, as: UTF8.self)
    }

    private struct Scanner {
        let input: [UInt8]
        var output: [UInt8] = []
        var position = 0

        init(_ input: [UInt8]) {
            self.input = input
        }

        /// Copies code up to a closing parenthesis, when this is an interpolation, or up to the end.
        mutating func scan(until closing: UInt8?) {
            var depth = 0
            while position < input.count {
                let byte = input[position]
                switch byte {
                case UInt8(ascii: "/") where starts("//"): blank { $0.input[$0.position] != UInt8(ascii: "\n") }
                case UInt8(ascii: "/") where starts("/*"):
                    blank { !$0.starts("*/") }
                    for _ in 0..<2 where position < input.count { append(blanked: input[position]) }
                case UInt8(ascii: "#"), UInt8(ascii: "\""):
                    if let literal = literalStart() {
                        string(hashes: literal.hashes, quotes: literal.quotes)
                    } else {
                        copy(byte)
                    }
                case UInt8(ascii: ")") where closing == byte && depth == 0: return
                case UInt8(ascii: "("):
                    depth += 1
                    copy(byte)
                case UInt8(ascii: ")"):
                    depth -= 1
                    copy(byte)
                default: copy(byte)
                }
            }
        }

        private mutating func copy(_ byte: UInt8) {
            output.append(byte)
            position += 1
        }

        private func starts(_ text: String, at offset: Int = 0) -> Bool {
            input[min(position + offset, input.count)...].starts(with: text.utf8)
        }

        private func literalStart() -> (hashes: Int, quotes: String)? {
            let hashes = input[position...].prefix { $0 == UInt8(ascii: "#") }.count
            guard starts("\"", at: hashes) else { return nil }
            return (hashes, starts("\"\"\"", at: hashes) ? "\"\"\"" : "\"")
        }

        /// Blanks while the condition holds, keeping line ends.
        private mutating func blank(while condition: (Scanner) -> Bool) {
            while position < input.count, condition(self) {
                append(blanked: input[position])
            }
        }

        private mutating func append(blanked byte: UInt8) {
            output.append(byte == UInt8(ascii: "\n") ? byte : UInt8(ascii: " "))
            position += 1
        }

        /// Blanks a literal; the contents of an interpolation are code.
        private mutating func string(hashes: Int, quotes: String) {
            let fence = String(repeating: "#", count: hashes)
            output += (fence + quotes).utf8
            position += hashes + quotes.utf8.count
            while position < input.count {
                let byte = input[position]
                if byte == UInt8(ascii: "\""), starts(quotes + fence) { break }
                guard byte == UInt8(ascii: "\\") else {
                    append(blanked: byte)
                    continue
                }
                if starts("\\" + fence + "(") {
                    position += hashes + 2
                    output += "\"+(".utf8
                    scan(until: UInt8(ascii: ")"))
                    output += ")+\"".utf8
                    position += 1
                } else {
                    append(blanked: byte)
                    if hashes == 0, position < input.count { append(blanked: input[position]) }
                }
            }
            output += (quotes + fence).utf8
            position = min(position + hashes + quotes.utf8.count, input.count)
        }
    }
}
