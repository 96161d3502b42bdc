import OAuthProtocol
import OAuthState

/// A grant's answer, and its audit event: made while the change becomes durable, released once it holds.
struct GrantAnswer: Sendable {
    /// The body of the token response, or the refusal that the store's outcome requires.
    let result: Result<[UInt8], OAuthError>
    let event: AuditEvent?
    /// Why it was refused, where the error does not say it to the client.
    var reason: String?

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

    /// A refusal whose error does not distinguish what an attacker could probe for; the operator reads the reason.
    static func refused(_ error: OAuthError, reason: String) -> GrantAnswer {
        GrantAnswer(result: .failure(error), event: nil, reason: reason)
    }

    /// The body, once the change holds and the audit trail has recorded it.
    func body(_ audit: AuditTrail, _ context: RequestContext) throws(OAuthError) -> [UInt8] {
        if let event { audit.record(event, context: context) }
        return try result.get()
    }
}

extension Instruments {
    /// Makes a grant's answer, and records a refusal that has no event of its own.
    ///
    /// - Parameters:
    ///   - request: The request, whose client has authenticated.
    ///   - grantType: What it asks with.
    ///   - session: The session that its refresh token names.
    ///   - answer: Makes the answer, once what it depends on holds.
    /// - Returns: The body of the answer.
    /// - Throws: The error of `answer`, or the one that it answers with.
    func answered(
        _ request: TokenRequest,
        _ grantType: GrantType,
        session: SessionID? = nil,
        _ answer: () async throws(OAuthError) -> GrantAnswer
    ) async throws(OAuthError) -> [UInt8] {
        var (reason, isRecorded): (String?, Bool) = (nil, false)
        do throws(OAuthError) {
            let answer = try await answer()
            (reason, isRecorded) = (answer.reason, answer.event != nil)
            return try answer.body(audit, request.context)
        } catch {
            // A client that could not be named has its own event.
            guard !isRecorded, let clientID = try? request.client.id else { throw error }
            let event = AuditEvent.tokenRefused(clientID, grantType, error, session: session, reason: reason)
            refusals.record(event, of: session?.text ?? clientID, request.context)
            throw error
        }
    }
}
