import Foundation

/// Reads an audit trail line by line, from files or from standard input.
struct AuditFile {
    private static let chunkByteCount = 1 << 20

    private let path: String
    /// What standard input had, which can be read once only.
    private let input: Data?

    /// Opens a file; `-` is standard input.
    init(path: String) throws {
        self.path = path
        input = path == "-" ? try FileHandle.standardInput.readToEnd() ?? Data() : nil
    }

    /// Calls `body` with each line, without its newline; a last line without a newline is torn, and is passed, too.
    func forEachLine(_ body: (ArraySlice<UInt8>) -> Void) throws {
        if let input {
            for line in Array(input).split(separator: UInt8(ascii: "\n")) { body(line) }
            return
        }
        let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        var rest: [UInt8] = []
        while let chunk = try handle.read(upToCount: Self.chunkByteCount), !chunk.isEmpty {
            rest += chunk
            guard let last = rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
            for line in rest[..<last].split(separator: UInt8(ascii: "\n")) { body(line) }
            rest.removeSubrange(...last)
        }
        if !rest.isEmpty { body(rest[...]) }
    }

    /// The events of the lines that contain one of some texts; the others are not parsed.
    func entries(containing texts: Set<String>) throws -> [AuditEntry] {
        let needles = texts.map { Data($0.utf8) }
        var entries: [AuditEntry] = []
        try forEachLine { line in
            let data = Data(line)
            guard needles.contains(where: { data.range(of: $0) != nil }) else { return }
            if let entry = AuditEntry(line) { entries.append(entry) }
        }
        return entries
    }
}
