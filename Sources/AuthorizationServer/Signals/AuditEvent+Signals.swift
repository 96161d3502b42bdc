import OAuthProtocol
import OAuthState

extension AuditEvent {
    /// A resource server made a stream of security events.
    static func eventStreamMade(_ stream: EventStream) -> AuditEvent {
        AuditEvent("event_stream.made", ["client_id": .string(stream.clientID), "stream": .string(stream.id.text)])
    }

    /// A resource server dropped a stream of security events.
    static func eventStreamDropped(_ stream: EventStream) -> AuditEvent {
        AuditEvent("event_stream.dropped", ["client_id": .string(stream.clientID), "stream": .string(stream.id.text)])
    }

    /// A stream was paused, because its events could not be pushed.
    static func eventStreamPaused(_ stream: EventStream, reason: String) -> AuditEvent {
        AuditEvent(
            "event_stream.paused",
            [
                "client_id": .string(stream.clientID), "stream": .string(stream.id.text),
                "reason": .string(reason),
            ]
        )
    }

    /// A receiver refused an event that was pushed, which is not pushed again.
    static func eventRefused(_ identifier: String, _ stream: EventStream, reason: String) -> AuditEvent {
        AuditEvent(
            "event_stream.event_refused",
            [
                "client_id": .string(stream.clientID), "stream": .string(stream.id.text),
                "identifier": .string(identifier), "reason": .string(reason),
            ]
        )
    }
}
