import DurableLog
import FoundationEssentials
import OAuthProtocol

/// The files of a storage directory's audit trail: the one that is written, and those that rotation left beside it.
package enum AuditFiles {
    /// The trail's files, oldest first.
    ///
    /// Files that another program renamed have names of that program, and are not among them.
    package static func paths(in directory: String) -> [String] {
        names(in: directory).map { directory + "/" + $0 }
    }

    /// The names of the trail's files in the directory, oldest first.
    package static func names(in directory: String) -> [String] {
        rotatedNames(in: directory) + [ServerHost.auditFileName]
    }

    /// The files that rotation left, oldest first: their names have the moment.
    package static func rotated(in directory: String) -> [String] {
        rotatedNames(in: directory).map { directory + "/" + $0 }
    }

    private static func rotatedNames(in directory: String) -> [String] {
        // A directory that cannot be read has no files for us; what reads the trail itself reports the error.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.filter { $0.wholeMatch(of: /audit-\d{8}T\d{6}\.\d{3}Z\.log/) != nil }.sorted()
    }

    /// The trail's files, also those that another program renamed, such as `audit.log.1` and `audit.log-20261130.gz`.
    ///
    /// One with content shows that a server ran on the directory. A rotation leaves the present file empty, so all
    /// count.
    static func companions(in directory: String) -> Set<String> {
        // What cannot be read here, the opening of the storage reports.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        let renamed = names.filter { $0.wholeMatch(of: /audit\.log[.-]\d[\dT.-]*(?:\.(?:gz|bz2|xz|zst))?/) != nil }
        return Set(renamed).union(Self.names(in: directory))
    }

    /// The name of a file that is rotated at a moment.
    static func rotatedName(_ now: Timestamp) -> String {
        "audit-\(now.rfc3339.filter { $0 != "-" && $0 != ":" }).log"
    }

    /// The file that was written before the present one, whichever program renamed it; `nil` if there is none.
    ///
    /// A program such as logrotate appends to the name.
    static func predecessor(in directory: String) -> String? {
        // Without the directory's names the chain begins anew, which a verification shows.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        let renamed = names.filter { $0.hasPrefix(ServerHost.auditFileName + ".") && !$0.hasSuffix(".gz") }
            .map { directory + "/" + $0 }
        return (rotated(in: directory) + renamed).max { modified($0) < modified($1) }
    }

    private static func modified(_ path: String) -> Date {
        // A file that vanished in the meantime is not the newest.
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return attributes?[.modificationDate] as? Date ?? .distantPast
    }

    /// What the end of a file says.
    struct Tail {
        /// The last line without its newline; `nil` for an empty or missing file.
        var lastLine: [UInt8]?
        /// Whether a crash left the last line without its newline.
        var isTorn = false
        var byteCount = 0
        /// When the first event occurred.
        var firstTime: Timestamp?
    }

    /// No line of ours is as long.
    private static let lineByteCountMax = 4 << 20

    /// Reads the end and the beginning of a file.
    static func tail(_ path: String) throws -> Tail {
        var tail = Tail()
        // A pipe in the file's place has no end, and reading it would wait for a writer.
        let type = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
        guard type == .typeRegular else { return tail }
        let file = try InputFile(path: path)
        let end = try file.seekToEnd()
        tail.byteCount = end
        guard end > 0 else { return tail }
        try file.seek(to: 0)
        let head = try file.read(64)
        tail.firstTime = time(of: head)
        try file.seek(to: max(0, end - lineByteCountMax))
        let bytes = try file.readToEnd()
        tail.isTorn = bytes.last != UInt8(ascii: "\n")
        tail.lastLine = bytes.split(separator: UInt8(ascii: "\n")).last.map(Array.init)
        return tail
    }

    /// The time that a line begins with.
    private static func time(of line: [UInt8]) -> Timestamp? {
        let text = String(decoding: line, as: UTF8.self)
        guard let match = text.prefixMatch(of: /\{"time":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d{3}Z"/),
            let date = try? Date(match.1 + "Z", strategy: .iso8601)
        else { return nil }
        return Timestamp(secondsSinceEpoch: Int64(date.timeIntervalSince1970))
    }
}
