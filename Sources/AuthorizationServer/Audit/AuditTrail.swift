package import OAuthProtocol
import SocketHTTP
import Synchronization

/// The audit trail: JSON lines, apart from the log, one for each security-relevant thing that happened.
///
/// Owns the tail that the management listener shows; the whole trail goes to the host's sink.
package final class AuditTrail: Sendable {
    /// Where lines go; called under the trail's lock, so that lines keep their order: it must not wait.
    package typealias Sink = @Sendable (_ line: [UInt8]) -> Void

    private struct Tail {
        var lines: [[UInt8]] = []
        var next = 0
    }

    private let sink: Sink
    private let tail = Mutex(Tail())

    /// How many events the tail keeps.
    package static let tailCountMax = 1000
    /// Room for the line's own members.
    private static let usualByteCount = 160

    /// A trail into a sink.
    package init(sink: @escaping Sink) {
        self.sink = sink
    }

    /// Writes an event.
    package func record(_ event: AuditEvent, context: RequestContext) {
        write(event, now: context.now) { line in
            line.append(contentsOf: #","request_id":""#.utf8)
            line.append(contentsOf: context.requestID.description.utf8)
            line.append(contentsOf: #"","source":""#.utf8)
            context.source.append(to: &line)
            line.append(UInt8(ascii: "\""))
        }
    }

    /// Writes an event that no request caused.
    package func record(_ event: AuditEvent, now: Timestamp) {
        write(event, now: now) { _ in }
    }

    // Straight into bytes: one of these is written for every token.
    private func write(_ event: AuditEvent, now: Timestamp, _ appendRequest: (inout [UInt8]) -> Void) {
        var line: [UInt8] = []
        line.reserveCapacity(Self.usualByteCount + event.fields.members.count)
        line.append(contentsOf: #"{"time":""#.utf8)
        now.appendRFC3339(to: &line)
        line.append(contentsOf: #"","event":"#.utf8)
        JSONWriter.append(event.name, to: &line)
        appendRequest(&line)
        line.append(contentsOf: event.fields.members)
        line.append(contentsOf: "}\n".utf8)
        tail.withLock { tail in
            if tail.lines.count < Self.tailCountMax {
                tail.lines.append(line)
            } else {
                tail.lines[tail.next] = line
            }
            tail.next = (tail.next + 1) % Self.tailCountMax
            sink(line)
        }
    }

    /// The last `count` events, oldest first, as JSON lines.
    package func latest(_ count: Int) -> [UInt8] {
        let (lines, next) = tail.withLock { ($0.lines, $0.next) }
        let ordered = lines.count < Self.tailCountMax ? lines : Array(lines[next...] + lines[..<next])
        return Array(ordered.suffix(max(0, count)).joined())
    }
}
