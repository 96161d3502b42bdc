/// The header fields of one request, as ranges over the bytes they arrived in.
package struct FieldLines: Sendable {
    /// Where one field line's name and value are, from the start of the message.
    struct Line: Sendable {
        var nameStart: UInt32
        var nameEnd: UInt32
        var valueStart: UInt32
        var valueEnd: UInt32
    }

    private var bytes: [UInt8] = []
    private var lines: [Line] = []

    init() {}

    init(bytes: [UInt8], lines: [Line]) {
        self.bytes = bytes
        self.lines = lines
    }

    /// The number of field lines.
    package var count: Int { lines.count }

    /// The values of all lines with that name, which is given in lower case.
    package func values(of lowercaseName: String) -> [String] {
        var found: [String] = []
        for line in lines where matches(line, lowercaseName.utf8) { found.append(value(of: line)) }
        return found
    }

    /// The value of the first line with that name, which is given in lower case.
    package func firstValue(of lowercaseName: String) -> String? {
        for line in lines where matches(line, lowercaseName.utf8) { return value(of: line) }
        return nil
    }

    /// Every line's name, as it was sent, and value.
    package var all: [(name: String, value: String)] {
        lines.map { (bytes.span.text(Int($0.nameStart)..<Int($0.nameEnd)), value(of: $0)) }
    }

    private func value(of line: Line) -> String {
        bytes.span.text(Int(line.valueStart)..<Int(line.valueEnd))
    }

    private func matches(_ line: Line, _ lowercaseName: String.UTF8View) -> Bool {
        guard Int(line.nameEnd &- line.nameStart) == lowercaseName.count else { return false }
        var index = Int(line.nameStart)
        for expected in lowercaseName {
            if bytes[index].lowercased != expected { return false }
            index &+= 1
        }
        return true
    }
}
