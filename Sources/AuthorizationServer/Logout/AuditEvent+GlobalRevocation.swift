import OAuthProtocol

extension AuditEvent {
    /// An identity provider ended what one of its users has here; `isWhole` for every session of the user, rather than
    /// those that use the provider's account.
    static func revokedByProvider(
        _ upstream: String,
        _ userID: UserID,
        sessions: Int,
        isWhole: Bool
    ) -> AuditEvent {
        AuditEvent(
            "upstream.revoked_user",
            [
                "upstream": .string(upstream), "sub": .string(userID.text), "sessions": .integer(sessions),
                "whole": .bool(isWhole),
            ]
        )
    }
}
