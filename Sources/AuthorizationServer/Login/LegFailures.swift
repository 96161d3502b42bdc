import HTTPTypes
package import Logging
import OAuthProtocol
import UpstreamIdentity

/// Why a login at a provider failed: what the client may know, and what the operator must know.
struct LegFailure: Error, Sendable {
    /// The error for the client: one of our codes and fixed words (AZ-15).
    let error: OAuthError
    /// The reason in the closed list.
    let reason: UpstreamFailureReason
    /// One sentence of ours for the log.
    let detail: String
    /// What the provider said, if it answered.
    let words: ProviderWords?

    /// The provider failed, or refused.
    init(_ error: UpstreamError) {
        self.error = error.clientError
        reason = error.failureReason
        detail = error.reason
        words = error.words
    }

    /// This server could not go on.
    init(_ error: OAuthError) {
        self.error = error
        detail = error.description
        words = nil
        switch error.code {
        case .loginRequired: reason = .loginTooOld
        case .accessDenied: reason = .accessDenied
        default: reason = .serverFailed
        }
    }
}

/// Puts failed logins at providers on record, once each: one warning in the log and one event in the audit trail, with
/// the same reason and the same request id, which the person's page shows too.
package struct LegFailures: Sendable {
    private let logger: Logger
    private let audit: AuditTrail
    private let upstreams: UpstreamDirectory?

    /// Reports to a log and an audit trail, and to the provider's status.
    package init(logger: Logger, audit: AuditTrail, upstreams: UpstreamDirectory? = nil) {
        self.logger = logger
        self.audit = audit
        self.upstreams = upstreams
    }

    /// Reports a failure.
    ///
    /// - Returns: The error for client and page, with the reference by which the operator finds the report.
    func report(_ failure: LegFailure, at upstream: String, context: RequestContext) -> OAuthError {
        let code = failure.error.code
        var metadata: Logger.Metadata = [
            "upstream": "\(upstream)", "reason": "\(failure.reason.rawValue)", "detail": "\(failure.detail)",
            "request_id": "\(context.requestID)",
        ]
        metadata["provider"] = failure.words.map { "\($0)" }
        logger.warning("a login at a provider failed", metadata: metadata)
        upstreams?[upstream]?.noteFailedLogin(failure.reason)
        audit.record(
            .upstreamFailed(upstream, error: code, reason: failure.reason, words: failure.words),
            context: context
        )
        var error = OAuthError(
            code,
            failure.error.description + " (reference \(context.requestID))",
            retryAfter: failure.error.retryAfter,
            details: failure.error.details
        )
        error.advice = failure.reason.advice
        return error
    }
}

extension OAuthError {
    /// The status of a page that explains the error to a person.
    var pageStatus: HTTPResponse.Status {
        switch code {
        case .temporarilyUnavailable: .serviceUnavailable
        case .accessDenied: .forbidden
        default: .badGateway
        }
    }
}
