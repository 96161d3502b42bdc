import AuthorizationServer
import Logging
import OAuthProtocol

/// Writes swift-log's lines as JSON, one object each: time, level, message, and the metadata as members.
struct JSONLogHandler: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    private let writer: LineWriter
    private let label: String

    /// A handler that writes lines of at least `level`.
    init(label: String, level: Logger.Level, writer: LineWriter) {
        self.label = label
        logLevel = level
        self.writer = writer
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var line: JSONObject = [
            "time": .string(SystemTimeSource().now().rfc3339),
            "level": .string(event.level.rawValue),
            "message": .string(event.message.description),
        ]
        let members = metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 })
        for (key, value) in members.sorted(by: { $0.key < $1.key }) {
            line[key] = .string("\(value)")
        }
        writer.write(line.serialized() + [UInt8(ascii: "\n")])
    }
}
