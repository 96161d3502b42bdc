package import OAuthProtocol
import SocketHTTP

/// The audit trail: JSON lines, apart from the log, one for each security-relevant thing that happened.
///
/// Owns the tail that the management listener shows; the whole trail goes to the host's sink.
package actor AuditTrail {
    /// Where lines go; called inside the trail's turn, so it must not wait.
    package typealias Sink = @Sendable (_ line: [UInt8]) -> Void

    private let sink: Sink
    private var tail: [[UInt8]] = []
    private var nextInTail = 0

    /// How many events the tail keeps.
    package static let tailCountMax = 1000

    /// A trail into a sink.
    package init(sink: @escaping Sink) {
        self.sink = sink
    }

    /// Writes an event.
    package func record(_ event: AuditEvent, context: RequestContext) {
        write(
            event,
            [
                "time": .string(context.now.rfc3339),
                "event": .string(event.name),
                "request_id": .string(context.requestID.description),
                "source": .string(context.source.description),
            ]
        )
    }

    /// Writes an event that no request caused.
    package func record(_ event: AuditEvent, now: Timestamp) {
        write(event, ["time": .string(now.rfc3339), "event": .string(event.name)])
    }

    private func write(_ event: AuditEvent, _ head: JSONObject) {
        var line = head
        for (name, value) in event.fields.members {
            line[name] = value
        }
        let bytes = line.serialized() + [UInt8(ascii: "\n")]
        if tail.count < Self.tailCountMax {
            tail.append(bytes)
        } else {
            tail[nextInTail] = bytes
        }
        nextInTail = (nextInTail + 1) % Self.tailCountMax
        sink(bytes)
    }

    /// The last `count` events, oldest first, as JSON lines.
    package func latest(_ count: Int) -> [UInt8] {
        let ordered = tail.count < Self.tailCountMax ? tail : Array(tail[nextInTail...] + tail[..<nextInTail])
        return Array(ordered.suffix(max(0, count)).joined())
    }
}
