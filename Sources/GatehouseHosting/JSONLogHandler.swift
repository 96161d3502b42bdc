import AuthorizationServer
package import Logging
import OAuthProtocol

/// Writes swift-log's lines as JSON, one object each: time, level, message, and the metadata as members.
package struct JSONLogHandler: LogHandler {
    /// The lowest level that is written.
    package var logLevel: Logger.Level
    /// Members of every line.
    package var metadata: Logger.Metadata = [:]
    private let writer: LineWriter
    private let label: String

    /// A handler that writes lines of at least `level`.
    package init(label: String, level: Logger.Level, writer: LineWriter) {
        self.label = label
        logLevel = level
        self.writer = writer
    }

    /// A member of every line.
    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// The line that the log has in the place of lines that its reader was too slow for.
    package static func droppedLine(_ count: Int) -> [UInt8] {
        line(.warning, "log lines were dropped because the log is not read fast enough", ["count": "\(count)"])
    }

    /// Writes one line.
    package func log(event: LogEvent) {
        let members = metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 })
        writer.write(Self.line(event.level, event.message.description, members))
    }

    private static func line(_ level: Logger.Level, _ message: String, _ members: Logger.Metadata) -> [UInt8] {
        var line: JSONObject = [
            "time": .string(SystemTimeSource().now().rfc3339),
            "level": .string(level.rawValue),
            "message": .string(message),
        ]
        for (key, value) in members.sorted(by: { $0.key < $1.key }) {
            line[key] = .string("\(value)")
        }
        return line.serialized() + [UInt8(ascii: "\n")]
    }
}
