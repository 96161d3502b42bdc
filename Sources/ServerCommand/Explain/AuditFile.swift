import DurableLog

/// Reads an audit trail line by line, from files or from standard input.
struct AuditFile {
    private static let chunkByteCount = 1 << 20

    private let path: String
    /// What standard input had, which can be read once only.
    private let input: [UInt8]?

    /// Opens a file; `-` is standard input.
    init(path: String) throws {
        self.path = path
        input = path == "-" ? try InputFile.standardInput.readToEnd() : nil
    }

    /// Calls `body` with each line, without its newline; a last line without a newline is torn, and is passed, too.
    func forEachLine(_ body: (ArraySlice<UInt8>) -> Void) throws {
        if let input {
            for line in input.split(separator: UInt8(ascii: "\n")) { body(line) }
            return
        }
        let file = try InputFile(path: path)
        var rest: [UInt8] = []
        while true {
            let chunk = try file.read(Self.chunkByteCount)
            guard !chunk.isEmpty else { break }
            rest += chunk
            guard let last = rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
            for line in rest[..<last].split(separator: UInt8(ascii: "\n")) { body(line) }
            rest.removeSubrange(...last)
        }
        if !rest.isEmpty { body(rest[...]) }
    }

    /// The events of the lines that contain one of some texts; the others are not parsed.
    func entries(containing texts: Set<String>) throws -> [AuditEntry] {
        let needles = texts.map { Array($0.utf8) }
        var entries: [AuditEntry] = []
        try forEachLine { line in
            guard needles.contains(where: { line.hasPart($0) }) else { return }
            if let entry = AuditEntry(line) { entries.append(entry) }
        }
        return entries
    }
}

extension ArraySlice<UInt8> {
    /// Whether the bytes occur in these, next to each other.
    func hasPart(_ part: [UInt8]) -> Bool {
        guard let first = part.first else { return true }
        var index = startIndex
        while endIndex - index >= part.count {
            if self[index] == first, self[index..<(index + part.count)].elementsEqual(part) { return true }
            index += 1
        }
        return false
    }
}
