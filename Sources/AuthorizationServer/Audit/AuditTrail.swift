package import OAuthProtocol
import SocketHTTP
import Synchronization

/// The audit trail: JSON lines, separate from the log, one for each security-relevant event.
///
/// Owns the tail that the management listener shows; the complete trail goes to the host's sink. Recording never waits.
/// When the sink is over its bound, the request that recorded the line waits in ``settle(_:)`` before its answer
/// leaves, so that no answer overtakes its audit line by more than the bound.
package final class AuditTrail: Sendable {
    private struct Tail {
        var lines: [[UInt8]] = []
        var next = 0
    }

    private let sink: any AuditSink
    private let tail = Mutex(Tail())
    private let withheld = Mutex<Set<RequestID>>([])
    /// Whether `withheld` has members: every answer checks it, and must not take a lock for that.
    private let isWithholding = Atomic(false)

    /// The most events in the tail.
    package static let tailCountMax = 1000
    /// Space for the line's own members.
    private static let usualByteCount = 160

    /// A trail into a sink.
    package init(sink: any AuditSink) {
        self.sink = sink
    }

    /// Writes an event.
    package func record(_ event: AuditEvent, context: RequestContext) {
        let line = Self.line(event, now: context.now) { line in
            line.append(contentsOf: #","request_id":""#.utf8)
            line.append(contentsOf: context.requestID.description.utf8)
            line.append(contentsOf: #"","source":""#.utf8)
            context.source.append(to: &line)
            line.append(UInt8(ascii: "\""))
            if !context.traceID.isEmpty {
                // 32 hexadecimal digits, which need no escapes.
                line.append(contentsOf: #","trace_id":""#.utf8)
                line.append(contentsOf: context.traceID.utf8)
                line.append(UInt8(ascii: "\""))
            }
        }
        guard !write(line) else { return }
        withheld.withLock { withheld in
            withheld.insert(context.requestID)
            isWithholding.store(true, ordering: .relaxed)
        }
    }

    /// Writes an event that no request caused.
    ///
    /// Work that records many events calls ``waitForRoom()`` between them.
    package func record(_ event: AuditEvent, now: Timestamp) {
        _ = write(Self.line(event, now: now))
    }

    /// Returns when the request's lines fit the sink's bound; the answer must not leave before.
    ///
    /// Costs nothing unless the sink is over its bound. Returns early when the request's task is cancelled, which
    /// happens only when its connection has been closed.
    func settle(_ request: RequestID) async {
        guard isWithholding.load(ordering: .relaxed), withheld.withLock({ $0.contains(request) }) else { return }
        await sink.waitForRoom()
        withheld.withLock { withheld in
            // If all lines fit, no request has a line beyond the bound.
            if sink.hasRoom { withheld = [] } else { withheld.remove(request) }
            isWithholding.store(!withheld.isEmpty, ordering: .relaxed)
        }
    }

    /// Returns when the sink has space, for work that no request waits for.
    func waitForRoom() async {
        guard !sink.hasRoom else { return }
        await sink.waitForRoom()
    }

    /// Whether the sink has space, for readiness.
    var hasRoom: Bool { sink.hasRoom }

    /// Events that the sink dropped since the start, for metrics.
    var droppedCount: Int { sink.droppedCount }

    /// An event's line with its newline, which a host needs to report the number of dropped events.
    package static func line(_ event: AuditEvent, now: Timestamp) -> [UInt8] {
        line(event, now: now) { _ in }
    }

    // Written directly into bytes, because every token causes one.
    private static func line(
        _ event: AuditEvent,
        now: Timestamp,
        _ appendRequest: (inout [UInt8]) -> Void
    ) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(Self.usualByteCount + event.fields.members.count)
        line.append(contentsOf: #"{"time":""#.utf8)
        now.appendRFC3339(to: &line)
        line.append(contentsOf: #"","event":"#.utf8)
        JSONWriter.append(event.name, to: &line)
        appendRequest(&line)
        line.append(contentsOf: event.fields.members)
        line.append(contentsOf: "}\n".utf8)
        return line
    }

    // The sink is called outside the lock: lines of one request keep their order, lines of different requests have
    // none.
    private func write(_ line: [UInt8]) -> Bool {
        tail.withLock { tail in
            if tail.lines.count < Self.tailCountMax {
                tail.lines.append(line)
            } else {
                tail.lines[tail.next] = line
            }
            tail.next = (tail.next + 1) % Self.tailCountMax
        }
        return sink.write(line)
    }

    /// The last `count` events, oldest first, as JSON lines.
    package func latest(_ count: Int) -> [UInt8] {
        let (lines, next) = tail.withLock { ($0.lines, $0.next) }
        let ordered = lines.count < Self.tailCountMax ? lines : Array(lines[next...] + lines[..<next])
        return Array(ordered.suffix(max(0, count)).joined())
    }
}
