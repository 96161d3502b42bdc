package import OAuthProtocol

/// Why a request to a provider failed, classified by who must act: the user, the operator, or the provider.
///
/// `reason` is for the log: fixed words, host names and claim names. It never contains a token, a code, a secret or the
/// provider's own text, so that nothing a provider writes reaches a page or a client (AZ-15, D-25, D-58). The
/// provider's text is kept apart, in `words`, for log and audit trail alone.
package struct UpstreamError: Error, Hashable, Sendable {
    /// The kinds of failure that callers distinguish.
    package enum Code: Hashable, Sendable {
        /// The user or the provider's policy refused.
        case accessDenied
        /// The operator does not accept the account: a claim names another domain, tenant or group (UP-4).
        case notAdmitted
        /// The code or refresh token is no longer valid. Terminal: the user must log in again (VR-9).
        case invalidGrant
        /// Status 400 without a known error value (all that Glewlwyd 2.7 says of a revoked refresh token).
        case unexplainedRefusal
        /// The provider refuses our client, not the user: the operator must act, and no user is logged out (VR-10).
        case invalidClient
        /// 429, 5xx, a timeout or a network failure: a later attempt may succeed. Never logs a user out.
        case temporarilyUnavailable(retryAfter: Duration?)
        /// The provider's answer violates the specification.
        case invalidResponse
        /// The ID token or logout token is invalid (UP-2, D-66).
        case invalidIDToken
        /// A recent login was requested, and the provider does not prove that it was one (OP-5).
        case loginTooOld
        /// There are tokens, but the user could not be identified.
        case userInfoFailed
        /// The configuration does not work with this provider.
        case misconfigured
    }

    /// The kind of failure.
    package let code: Code
    /// One sentence, written for the log.
    package let reason: String
    /// Whether the provider may have carried out the request although no answer arrived: a refresh token in it may be
    /// used up (VR-4).
    package let isOutcomeUnknown: Bool
    /// What the provider said, if it answered.
    package internal(set) var words: ProviderWords?
    /// What Microsoft Entra said beside it.
    package internal(set) var remark: EntraRemark?

    /// The same error without it, where another server than the one of the login has answered.
    ///
    /// That server must not say what a login satisfies.
    package var withoutRemark: UpstreamError {
        var error = self
        error.remark = nil
        return error
    }
    /// The reason, where it is known more closely than the kind of failure.
    var closerReason: UpstreamFailureReason?

    /// Makes an error; `reason` must contain no token, secret or text of the provider's.
    package init(_ code: Code, _ reason: String, isOutcomeUnknown: Bool = false) {
        self.code = code
        self.reason = reason
        self.isOutcomeUnknown = isOutcomeUnknown
    }

    /// A failure that may disappear by itself.
    package static func temporary(_ reason: String, retryAfter: Duration? = nil) -> UpstreamError {
        UpstreamError(.temporarilyUnavailable(retryAfter: retryAfter), reason)
    }
}

extension UpstreamError {
    /// Whether the same request may succeed later.
    package var isTemporary: Bool {
        if case .temporarilyUnavailable = code { true } else { false }
    }

    /// Whether the provider refused the grant permanently; nothing else may end a user's session (VR-9).
    package var isTerminal: Bool { code == .invalidGrant }

    /// Whether the provider answered and refused, in whatever words: an answer with a status of 4xx, or with an error
    /// under 200, that does not mean that the trouble passes.
    package var isDefiniteRefusal: Bool {
        guard let words, !isTemporary else { return false }
        switch words.status {
        case 408?, 425?, 429?: return false
        case (400..<500)?: return true
        case (200..<300)?: return words.error != nil
        default: return false
        }
    }

    /// The wait that the provider asked for.
    package var retryAfter: Duration? {
        if case .temporarilyUnavailable(let delay) = code { delay } else { nil }
    }

    /// The error for an MCP client (AZ-15): one of our codes and fixed words.
    package var clientError: OAuthError {
        switch code {
        case .accessDenied:
            OAuthError(.accessDenied, "the identity provider did not grant access")
        case .notAdmitted:
            OAuthError(.accessDenied, "this account is not allowed to log in here")
        case .loginTooOld:
            // OpenID Connect Core 1.0 §3.1.2.1, RFC 9470 §5.
            OAuthError(.loginRequired, "the identity provider does not show that the user logged in recently enough")
        case .temporarilyUnavailable(let delay):
            OAuthError(.temporarilyUnavailable, "the identity provider is temporarily unavailable", retryAfter: delay)
        case .invalidGrant, .unexplainedRefusal, .invalidClient, .invalidResponse, .invalidIDToken, .userInfoFailed,
            .misconfigured:
            OAuthError(.serverError, "the login at the identity provider could not be completed")
        }
    }
}

extension UpstreamError: CustomStringConvertible {
    /// The code and the reason.
    package var description: String { "\(code): \(reason)" }
}
