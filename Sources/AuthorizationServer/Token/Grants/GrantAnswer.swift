import OAuthProtocol

/// A grant's answer, and its audit event: made while the change becomes durable, released once it holds.
struct GrantAnswer: Sendable {
    /// The body of the token response, or the refusal that the store's outcome requires.
    let result: Result<[UInt8], OAuthError>
    let event: AuditEvent?

    /// Success.
    static func issued(_ body: [UInt8], _ event: AuditEvent) -> GrantAnswer {
        GrantAnswer(result: .success(body), event: event)
    }

    /// A refusal.
    ///
    /// The change that the store made with it, such as ending a session whose token was replayed, stays.
    static func refused(_ error: OAuthError, _ event: AuditEvent? = nil) -> GrantAnswer {
        GrantAnswer(result: .failure(error), event: event)
    }

    /// The body, once the change holds and the audit trail has recorded it.
    func body(_ audit: AuditTrail, _ context: RequestContext) throws(OAuthError) -> [UInt8] {
        if let event { audit.record(event, context: context) }
        return try result.get()
    }
}
