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
}
