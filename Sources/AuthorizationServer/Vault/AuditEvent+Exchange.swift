extension AuditEvent {
    /// An upstream token was returned to a resource server, or refused.
    package static func exchanged(_ retrieval: Retrieval) -> AuditEvent {
        AuditEvent("upstream_token.exchanged", retrieval.auditFields)
    }
}
