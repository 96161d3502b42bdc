import GatehouseHosting
import OAuthProtocol
import OpenSSLCrypto

/// Follows the chain of an audit trail, line by line, and finds the first line that breaks it.
struct AuditVerification {
    /// A line of a file.
    struct Place: Hashable, Sendable, CustomStringConvertible {
        let file: String
        /// From 1 on.
        let line: Int

        var description: String { "\(file):\(line)" }
    }

    /// The first line that breaks the chain, and how.
    struct Finding: Hashable, Sendable {
        let place: Place
        let reason: String
    }

    private let keys: [String: AuditCheckpointKey]
    private var last: (place: Place, hash: SHA256Digest)?
    /// A line whose link does not name the line before it: the next line decides which of the two was changed.
    private var suspect: (before: Place, at: Place)?

    /// The first broken line.
    private(set) var finding: Finding?
    /// All lines.
    private(set) var lineCount = 0
    /// Lines of versions that did not link them.
    private(set) var earlierCount = 0
    /// Lines with a link that holds.
    private(set) var linkedCount = 0
    /// Checkpoints, checked only where there is a key.
    private(set) var checkpointCount = 0
    /// Lines that a crash left unfinished.
    private(set) var tornCount = 0
    /// Lines since the last checkpoint.
    private(set) var uncoveredCount = 0
    /// Whether the first linked line names a line that was not given.
    private(set) var continuesEarlierFile = false

    /// A verification with the keys of checkpoints; with none, links alone are followed.
    init(keys: [AuditCheckpointKey]) {
        self.keys = Dictionary(keys.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Takes the next line, without its newline; nothing after the first finding.
    mutating func add(_ line: ArraySlice<UInt8>, at place: Place) {
        guard finding == nil, !line.isEmpty else { return }
        lineCount += 1
        let parsed = AuditLine(line)
        let hash = SHA256.hash(Array(line))
        defer { last = (place, hash) }
        guard let link = parsed.link else { return addUnlinked(line, at: place) }
        let follows = last.map { $0.hash == link }
        if let suspect {
            return follows == true
                ? find(suspect.before, Self.change) : find(suspect.at, "this line was changed")
        }
        if follows == false, let last { suspect = (last.place, place) }
        if last == nil { continuesEarlierFile = link != AuditChain.beginning }
        linkedCount += 1
        uncoveredCount += 1
        if let code = parsed.code {
            addCheckpoint(line, parsed, code, at: place)
        } else if !keys.isEmpty, uncoveredCount > AuditChain.uncoveredCountMax + 1 {
            find(place, "there is no checkpoint in the \(AuditChain.uncoveredCountMax) lines before this one")
        }
    }

    private static let change = "this line was changed, or lines after it were removed, inserted or moved"

    /// Ends the trail.
    mutating func end() {
        guard finding == nil, let suspect else { return }
        find(suspect.before, Self.change)
    }

    private mutating func addUnlinked(_ line: ArraySlice<UInt8>, at place: Place) {
        if let suspect { return find(suspect.before, Self.change) }
        guard linkedCount > 0 else {
            earlierCount += 1
            return
        }
        // The next line names it, so that nothing can be hidden in it.
        guard AuditEntry(line) == nil else { return find(place, "this line has no link to the line before it") }
        tornCount += 1
    }

    private mutating func addCheckpoint(
        _ line: ArraySlice<UInt8>,
        _ parsed: AuditLine,
        _ code: SHA256Digest,
        at place: Place
    ) {
        checkpointCount += 1
        uncoveredCount = 0
        guard !keys.isEmpty else { return }
        let id = AuditEntry(line)?["key"] ?? ""
        guard let key = keys[id] else {
            let shown = OutputTable.text(.string(id))
            return find(place, "the checkpoint was made with another key (\(shown)): add it with --key-file")
        }
        guard key.code(for: parsed.authenticated) == code else {
            return find(place, "the checkpoint is not genuine: it, or lines since the one before it, were written anew")
        }
    }

    private mutating func find(_ place: Place, _ reason: String) {
        finding = Finding(place: place, reason: reason)
    }
}
