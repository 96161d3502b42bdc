package import OAuthProtocol

/// Why talking to an upstream provider failed, sorted by whose turn it is: the user's, the operator's, or time's.
///
/// `reason` is for the log: fixed words, host names and claim names. Neither a token, a code, a secret nor the provider's own
/// text ever stands in it, so that nothing a provider writes reaches a page or a client (AZ-15, D-25, D-58).
package struct UpstreamError: Error, Hashable, Sendable {
    /// The kinds of failure that callers tell apart.
    package enum Code: Hashable, Sendable {
        /// The user or the provider's policy said no.
        case accessDenied
        /// The account is not one that the operator lets in: a claim says another domain, tenant or group (UP-4).
        case notAdmitted
        /// The code or refresh token is worth nothing any more: terminal, the user must log in again (VR-9).
        case invalidGrant
        /// Status 400 without an error value that we know (Glewlwyd 2.7 says of a revoked refresh token no more than that).
        case unexplainedRefusal
        /// The provider refuses us, not the user: the operator must act and nobody is logged out (VR-10).
        case invalidClient
        /// 429, 5xx, a timeout or the network: later may be better. Never logs anybody out.
        case temporarilyUnavailable(retryAfter: Duration?)
        /// The provider answered with something that is no answer by the specification.
        case invalidResponse
        /// The ID token or logout token does not hold (UP-2, D-66).
        case invalidIDToken
        /// A recent login was asked for, and the provider does not show that it was one (OP-5).
        case loginTooOld
        /// The tokens are there, but who they belong to could not be found out.
        case userInfoFailed
        /// Our configuration cannot be used with this provider.
        case misconfigured
    }

    /// The kind of failure.
    package let code: Code
    /// One sentence for the log.
    package let reason: String
    /// Whether the provider may have carried out the request although no answer came: a refresh token sent in it may be
    /// used up (VR-4).
    package let isOutcomeUnknown: Bool

    /// Makes an error; `reason` must hold no token, secret or text of the provider's.
    package init(_ code: Code, _ reason: String, isOutcomeUnknown: Bool = false) {
        self.code = code
        self.reason = reason
        self.isOutcomeUnknown = isOutcomeUnknown
    }

    /// A failure that time may heal.
    package static func temporary(_ reason: String, retryAfter: Duration? = nil) -> UpstreamError {
        UpstreamError(.temporarilyUnavailable(retryAfter: retryAfter), reason)
    }
}

extension UpstreamError {
    /// Whether the same request may succeed later.
    package var isTemporary: Bool {
        if case .temporarilyUnavailable = code { true } else { false }
    }

    /// Whether the provider refused the grant for good; nothing else may end a user's session (VR-9).
    package var isTerminal: Bool { code == .invalidGrant }

    /// How long the provider asked us to wait.
    package var retryAfter: Duration? {
        if case .temporarilyUnavailable(let delay) = code { delay } else { nil }
    }

    /// What an MCP client is told (AZ-15): a code of ours and fixed words.
    package var clientError: OAuthError {
        switch code {
        case .accessDenied:
            OAuthError(.accessDenied, "the identity provider did not grant access")
        case .notAdmitted:
            OAuthError(.accessDenied, "this account is not one that may be used here")
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
