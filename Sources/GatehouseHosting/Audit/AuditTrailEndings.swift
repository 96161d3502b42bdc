import DurableLog
package import OAuthProtocol
import OAuthState

/// What an audit trail says has ended, so that a state that is older than the trail does not bring it back to life.
package struct AuditTrailEndings: Equatable {
    /// Sessions that ended.
    package var sessions: Set<SessionID> = []
    /// Connections that were erased.
    package var connections: Set<ConnectionID> = []
    /// When the last event happened, as the trail writes it; `nil` for an empty trail.
    package var lastTime: String?

    /// The most bytes at the end of the trail that a command reads.
    static let byteCountMax = 256 << 20
    /// The events that end what they name.
    private static let names: Set<String> = [
        "session.revoked", "session.ended", "session.ended_upstream", "token.reuse_detected", "code.reuse_detected",
        "connection.disconnected",
    ]
    private static let chunkByteCount = 1 << 20

    /// Whether nothing has ended.
    package var isEmpty: Bool { sessions.isEmpty && connections.isEmpty }

    /// Reads the end of a trail, which rotation may have divided into several files; a missing file has no events.
    ///
    /// - Parameters:
    ///   - paths: The files, oldest first.
    ///   - start: Events before this time are in the state already; RFC 3339 in UTC, as the trail writes it.
    ///   - byteCountMax: The most bytes that are read, at the end of the trail.
    /// - Returns: What has ended since then.
    /// - Throws: The error of reading a file that exists.
    package static func read(
        _ paths: [String],
        since start: String,
        byteCountMax: Int = AuditTrailEndings.byteCountMax
    ) throws -> AuditTrailEndings {
        var endings = AuditTrailEndings()
        var left = byteCountMax
        for path in paths.reversed() where left > 0 {
            left -= try endings.addEnd(of: path, since: start, byteCountMax: left)
        }
        return endings
    }

    /// Adds what the end of one file says, and returns how many bytes were read.
    private mutating func addEnd(of path: String, since start: String, byteCountMax: Int) throws -> Int {
        let file: InputFile
        do throws(FileSystemError) {
            file = try InputFile(path: path)
        } catch {
            if error.isMissing { return 0 }
            throw error
        }
        try file.seek(to: max(0, try file.seekToEnd() - byteCountMax))
        var rest: [UInt8] = []
        var count = 0
        while true {
            let chunk = try file.read(Self.chunkByteCount)
            guard !chunk.isEmpty else { break }
            rest += chunk
            count += chunk.count
            guard let last = rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
            for line in rest[..<last].split(separator: UInt8(ascii: "\n")) { add(line, since: start) }
            rest.removeSubrange(...last)
        }
        add(rest[...], since: start)
        return count
    }

    /// Adds what one line says; a line that is not ours, or torn, says nothing.
    mutating func add(_ line: ArraySlice<UInt8>, since start: String) {
        // Every line begins with its time and its event: {"time":"2026-01-01T00:00:00.000Z","event":"token.issued",…
        var rest = line
        guard let time = Self.take(#"{"time":""#, &rest) else { return }
        if lastTime.map({ $0 < time }) ?? true { lastTime = time }
        guard time >= start, let name = Self.take(#","event":""#, &rest), Self.names.contains(name) else { return }
        // A torn line ends nothing that an earlier or later one does not end.
        guard let event = try? JSONParser.parseObject(Array(line)) else { return }
        if name == "connection.disconnected" {
            if case .string(let text)? = event["connection"], let id = ConnectionID(text) { connections.insert(id) }
        } else if case .string(let text)? = event["tsid"], let id = SessionID(text) {
            sessions.insert(id)
        }
    }

    /// The text between a prefix and the next quote.
    private static func take(_ prefix: String, _ rest: inout ArraySlice<UInt8>) -> String? {
        guard rest.starts(with: prefix.utf8) else { return nil }
        rest = rest.dropFirst(prefix.utf8.count)
        guard let end = rest.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
        defer { rest = rest[(end + 1)...] }
        return String(decoding: rest[..<end], as: UTF8.self)
    }
}
