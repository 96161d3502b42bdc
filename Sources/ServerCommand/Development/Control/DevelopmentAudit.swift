import AuthorizationServer
import OAuthProtocol
import Synchronization

/// The audit trail of a server in `gatehouse dev`, which a test reads over the control plane; the newest lines only.
final class DevelopmentAudit: Sendable {
    private struct State {
        var lines: [[UInt8]] = []
        /// The index of the oldest line in a full list, which the next one replaces.
        var oldest = 0
    }

    /// The most lines that are kept.
    static let lineCountMax = 10_000

    private let state = Mutex(State())

    /// Where the server writes.
    var sink: any AuditSink {
        UnboundedAuditSink { [self] line in
            state.withLock { state in
                guard state.lines.count == Self.lineCountMax else { return state.lines.append(line) }
                state.lines[state.oldest] = line
                state.oldest = (state.oldest + 1) % Self.lineCountMax
            }
        }
    }

    /// The events, oldest first, of one name or of all.
    func events(_ name: String?) -> [JSONValue] {
        let (lines, oldest) = state.withLock { ($0.lines, $0.oldest) }
        return (lines[oldest...] + lines[..<oldest]).compactMap { line in
            // Each line is what the server has serialized; a malformed one would be its fault, and is missing here.
            guard let event = try? JSONParser.parseObject(line) else { return nil }
            return name == nil || event["event"]?.stringValue == name ? .object(event) : nil
        }
    }

    /// Forgets the events.
    func clear() { state.withLock { $0 = State() } }
}
