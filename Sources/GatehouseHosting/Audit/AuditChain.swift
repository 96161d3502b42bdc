import Foundations
import OAuthProtocol
package import OpenSSLCrypto

/// Links the lines of an audit trail: each has the SHA-256 of the line before it (`prev`), and checkpoints have an
/// HMAC over themselves, and so over all lines before them.
///
/// After lines were changed, removed, inserted or reordered, every later line must be written anew, and only the key
/// makes the checkpoints among them. The chain does not show that lines after the last checkpoint were cut off.
package struct AuditChain: Sendable {
    /// Makes checkpoints; without one there are only links.
    var key: AuditCheckpointKey?

    private var last: SHA256Digest
    private var uncoveredCount = 0
    /// When the first line that no checkpoint covers was written.
    private var uncoveredSince: Timestamp?
    private var isCheckpointWanted = false

    /// The most lines between two checkpoints.
    package static let uncoveredCountMax = 1000
    /// How long a line waits for a checkpoint, while the writer runs.
    static let checkpointInterval = Duration.seconds(60)
    /// What the first line of a trail has in the place of the hash of a line before it: the hash of nothing.
    package static let beginning = SHA256.hash([])

    /// Continues behind a line, given without its newline; `nil` for an empty trail.
    ///
    /// A crash may have left lines without a checkpoint: the first line is preceded by one.
    init(after line: [UInt8]?, key: AuditCheckpointKey? = nil) {
        last = line.map { SHA256.hash($0) } ?? Self.beginning
        self.key = key
        uncoveredCount = line == nil ? 0 : 1
        isCheckpointWanted = line != nil
    }

    /// Whether some line has waited long enough for a checkpoint.
    func isCheckpointDue(_ now: Timestamp) -> Bool {
        guard key != nil, uncoveredCount > 0 else { return false }
        if isCheckpointWanted || uncoveredCount >= Self.uncoveredCountMax { return true }
        // A clock that was set back must not postpone it.
        return uncoveredSince.map { now - $0 >= Self.checkpointInterval || now < $0 } ?? false
    }

    /// Whether some line has no checkpoint after it.
    var isUncovered: Bool { key != nil && uncoveredCount > 0 }

    /// Wants a checkpoint before the next line, which begins another file.
    mutating func beginFile() {
        isCheckpointWanted = uncoveredCount > 0
    }

    /// Links whole lines, each with its newline, and adds the checkpoints that are due.
    mutating func link(_ lines: [UInt8], now: Timestamp) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(lines.count + lines.count / 4 + 128)
        if isCheckpointDue(now) { appendCheckpoint(to: &output, now) }
        for line in lines.split(separator: UInt8(ascii: "\n")) {
            let start = output.count
            output.append(contentsOf: line.last == UInt8(ascii: "}") ? line.dropLast() : line)
            appendLink(to: &output)
            finishLine(&output, from: start)
            uncoveredCount += 1
            uncoveredSince = uncoveredSince ?? now
            if uncoveredCount >= Self.uncoveredCountMax { appendCheckpoint(to: &output, now) }
        }
        return output
    }

    /// A checkpoint with its newline; nothing where every line is covered, or without a key.
    mutating func checkpoint(now: Timestamp) -> [UInt8] {
        var output: [UInt8] = []
        appendCheckpoint(to: &output, now)
        return output
    }

    private mutating func appendCheckpoint(to output: inout [UInt8], _ now: Timestamp) {
        guard let key, uncoveredCount > 0 else { return }
        let start = output.count
        output.append(contentsOf: #"{"time":""#.utf8)
        now.appendRFC3339(to: &output)
        output.append(contentsOf: #"","event":"audit.checkpoint","key":"\#(key.id)""#.utf8)
        appendLink(to: &output)
        let code = key.code(for: output[start...])
        output.append(contentsOf: AuditLine.codePrefix)
        Base64URL.append(code.bytes, to: &output)
        output.append(UInt8(ascii: "\""))
        finishLine(&output, from: start)
        uncoveredCount = 0
        uncoveredSince = nil
        isCheckpointWanted = false
    }

    private func appendLink(to output: inout [UInt8]) {
        output.append(contentsOf: AuditLine.linkPrefix)
        Base64URL.append(last.bytes, to: &output)
        output.append(UInt8(ascii: "\""))
    }

    private mutating func finishLine(_ output: inout [UInt8], from start: Int) {
        output.append(UInt8(ascii: "}"))
        last = SHA256.hash(Array(output[start...]))
        output.append(UInt8(ascii: "\n"))
    }
}

/// Authenticates checkpoints: an HMAC-SHA-256 key that is derived from the storage's, and its id.
///
/// Not the signing key: that one is in the state, which a verifier of old files would have to open, and is rotated.
package struct AuditCheckpointKey: Sendable, Redacted {
    /// Distinguishes keys, and is useless for finding one.
    package let id: String
    private let key: HMACSHA256Key

    /// Takes over a derived key.
    package init(_ key: HMACSHA256Key) {
        self.key = key
        let code = key.authenticationCode(for: Array("gatehouse audit checkpoint key id".utf8))
        id = Base64URL.encode(Array(code.bytes.prefix(6)))
    }

    /// The code of a checkpoint's line up to its code.
    package func code(for line: ArraySlice<UInt8>) -> SHA256Digest {
        key.authenticationCode(for: Array("gatehouse audit checkpoint 1\n".utf8) + line)
    }
}

/// A line of a trail, split where the chain has written: read by its bytes, so that no two readings of a line differ.
package struct AuditLine: Sendable {
    /// What is before the hash of the line before.
    static let linkPrefix = Array(#","prev":""#.utf8)
    /// What is before a checkpoint's code.
    static let codePrefix = Array(#","mac":""#.utf8)
    /// 32 bytes in base64url.
    private static let valueByteCount = 43

    /// The hash that the line has of the line before it; `nil` for a line without one.
    package let link: SHA256Digest?
    /// The code of a checkpoint; `nil` for every other line.
    package let code: SHA256Digest?
    /// What the code is computed from.
    package let authenticated: ArraySlice<UInt8>

    /// Reads a line without its newline.
    package init(_ line: ArraySlice<UInt8>) {
        var rest = line
        guard rest.last == UInt8(ascii: "}") else {
            (link, code, authenticated) = (nil, nil, [])
            return
        }
        rest.removeLast()
        code = Self.takeLast(Self.codePrefix, &rest)
        authenticated = rest
        link = Self.takeLast(Self.linkPrefix, &rest)
    }

    /// Removes a member at the end and returns its value.
    private static func takeLast(_ prefix: [UInt8], _ rest: inout ArraySlice<UInt8>) -> SHA256Digest? {
        let count = prefix.count + valueByteCount + 1
        guard rest.count > count, rest.last == UInt8(ascii: "\"") else { return nil }
        let member = rest.suffix(count)
        guard member.starts(with: prefix),
            let bytes = Base64URL.decode(String(decoding: member.dropFirst(prefix.count).dropLast(), as: UTF8.self)),
            let digest = SHA256Digest(bytes: bytes)
        else { return nil }
        rest.removeLast(count)
        return digest
    }
}
