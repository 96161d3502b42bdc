extension AuditEvent {
    /// An upstream token was returned to a resource server, or refused.
    package static func exchanged(_ vend: Vend) -> AuditEvent {
        AuditEvent("upstream_token.exchanged", vend.auditFields)
    }
}
