import DevelopmentIdentityProvider
import Logging

/// Keeps log lines of every level, metadata included, so that a test can search them for forbidden contents.
struct RecordedLogHandler: LogHandler {
    let lines: RecordedLines
    let requests: ServerRequestCapture?
    var logLevel: Logger.Level = .trace
    var metadata: Logger.Metadata = [:]

    init(lines: RecordedLines, requests: ServerRequestCapture? = nil) {
        self.lines = lines
        self.requests = requests
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 })
        if event.message.description == "request" { requests?.record(all) }
        lines.append("\(event.level) \(event.message) \(all)")
    }
}
