import OAuthProtocol

/// What a grant answers, and what the audit trail says of it: made while the change becomes durable, let out once it holds.
struct GrantAnswer: Sendable {
    /// The body of the token response, or the refusal that the store's outcome calls for.
    let result: Result<[UInt8], OAuthError>
    let event: AuditEvent?

    /// Tokens.
    static func issued(_ body: [UInt8], _ event: AuditEvent) -> GrantAnswer {
        GrantAnswer(result: .success(body), event: event)
    }

    /// A refusal: whatever the store changed for it, such as the end of a session whose token was replayed, stays.
    static func refused(_ error: OAuthError, _ event: AuditEvent? = nil) -> GrantAnswer {
        GrantAnswer(result: .failure(error), event: event)
    }

    /// The body, once the change holds and the audit trail says so.
    func body(_ audit: AuditTrail, _ context: RequestContext) throws(OAuthError) -> [UInt8] {
        if let event { audit.record(event, context: context) }
        return try result.get()
    }
}
