import OAuthState

extension AuditEvent {
    /// `allow` no longer accepts a session's user, and so its refresh ended the session.
    static func accessWithdrawn(_ session: Session, by rule: String) -> AuditEvent {
        var fields = AuditFields(session)
        fields.append("by", "allow of " + rule)
        fields.append("reason", "access_withdrawn")
        return AuditEvent("session.ended", fields)
    }
}
