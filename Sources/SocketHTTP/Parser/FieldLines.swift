import Foundations

/// The header fields of one request, as ranges over the bytes they arrived in.
package struct FieldLines: Sendable {
    /// The position of a field line's name and value, counted from the start of the message.
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

    /// The bytes that the fields were read from.
    var byteCount: Int { bytes.count }

    /// The number of field lines.
    package var count: Int { lines.count }

    /// The values of all lines with that name, given in lower case.
    package func values(of lowercaseName: String) -> [String] {
        var found: [String] = []
        let name = lowercaseName.utf8.span
        for line in lines where matches(line, name) { found.append(value(of: line)) }
        return found
    }

    /// The value of the first line with that name, given in lower case.
    package func firstValue(of lowercaseName: String) -> String? {
        let name = lowercaseName.utf8.span
        for line in lines where matches(line, name) { return value(of: line) }
        return nil
    }

    /// Whether there is exactly one line with that name, given in lower case, and its value equals this one byte for
    /// byte.
    package func isOnlyValue(of lowercaseName: String, _ expected: StaticString) -> Bool {
        let name = lowercaseName.utf8.span
        var isFound = false
        for line in lines where matches(line, name) {
            guard !isFound, bytes.span.equals(Int(line.valueStart)..<Int(line.valueEnd), expected) else { return false }
            isFound = true
        }
        return isFound
    }

    /// The name, as it was sent, and value of every line.
    package var all: [(name: String, value: String)] {
        lines.map { (bytes.span.text(Int($0.nameStart)..<Int($0.nameEnd)), value(of: $0)) }
    }

    private func value(of line: Line) -> String {
        bytes.span.text(Int(line.valueStart)..<Int(line.valueEnd))
    }

    private func matches(_ line: Line, _ lowercaseName: Span<UInt8>) -> Bool {
        guard Int(line.nameEnd &- line.nameStart) == lowercaseName.count else { return false }
        let start = Int(line.nameStart)
        for offset in lowercaseName.indices where bytes[start &+ offset].lowercasedASCII != lowercaseName[offset] {
            return false
        }
        return true
    }
}
