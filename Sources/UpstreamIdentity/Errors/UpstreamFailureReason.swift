package import OAuthProtocol

/// Why something failed at a provider, as log, audit trail and documents name it: a closed list.
///
/// A new case is documented in Monitoring, and produced by a test.
package enum UpstreamFailureReason: String, CaseIterable, Sendable {
    /// The user, or the provider's policy, said no.
    case accessDenied = "access_denied"
    /// The operator does not accept the account (`required_claims`).
    case accountNotAllowed = "account_not_allowed"
    /// A recent login was requested, and the provider does not show that it was one.
    case loginTooOld = "login_too_old"
    /// 429, 5xx, or an error that the provider calls temporary.
    case providerUnavailable = "provider_unavailable"
    /// No answer: the name, the connection, TLS or the time failed.
    case providerUnreachable = "provider_unreachable"
    /// The code or refresh token is no longer valid.
    case grantRefused = "grant_refused"
    /// The refresh token was refused again and again, while the provider served others.
    case refusedRepeatedly = "refused_repeatedly"
    /// The provider refuses our client: its id, secret, key or method of authentication.
    case clientRefused = "client_refused"
    /// The provider refuses the request: a parameter, a scope, the redirect URI.
    case requestRefused = "request_refused"
    /// The provider's answer is not what the specification describes.
    case answerInvalid = "answer_invalid"
    /// The browser came back with neither a code nor an error.
    case answerIncomplete = "answer_incomplete"
    /// The browser came back with the answer of another issuer (RFC 9207 §2.4).
    case issuerMismatch = "issuer_mismatch"
    /// A protected server names another authorization server than before.
    case issuerChanged = "issuer_changed"
    /// A protected server's metadata is about another resource.
    case resourceMismatch = "resource_mismatch"
    /// A protected server's authorization server does not advertise PKCE S256.
    case proofKeyUnsupported = "pkce_unsupported"
    /// A protected server's authorization server lets no client become known without its operator.
    case registrationUnavailable = "registration_unavailable"
    /// A GitHub App's installation is suspended (403).
    case installationSuspended = "installation_suspended"
    /// A GitHub App's installation does not exist, because it was removed or is another App's (404).
    case installationRemoved = "installation_removed"
    /// The discovery document is missing, malformed, or another issuer's.
    case discoveryFailed = "discovery_failed"
    /// The provider's key set is missing or malformed.
    case keysUnavailable = "keys_unavailable"
    /// The ID token is not valid.
    case idTokenInvalid = "id_token_invalid"
    /// There are tokens, but the user could not be identified.
    case userInfoFailed = "userinfo_failed"
    /// Our configuration does not work with this provider.
    case misconfigured
    /// This server could not go on: a bound, the journal, or sealing.
    case serverFailed = "server_failed"
}

extension UpstreamFailureReason {
    /// What the person in front of the page can do.
    package var advice: OAuthError.Advice {
        switch self {
        case .providerUnavailable, .providerUnreachable, .serverFailed: .tryAgain
        case .accessDenied, .loginTooOld, .grantRefused, .refusedRepeatedly, .answerIncomplete: .startAgain
        case .accountNotAllowed: .chooseAnotherAccount
        case .clientRefused, .requestRefused, .answerInvalid, .issuerMismatch, .discoveryFailed, .keysUnavailable,
            .idTokenInvalid, .userInfoFailed, .misconfigured, .issuerChanged, .resourceMismatch, .proofKeyUnsupported,
            .registrationUnavailable, .installationSuspended, .installationRemoved:
            .askOperator
        }
    }
}

extension UpstreamError {
    /// The reason in the closed list: the one that is known more closely where the error occurred, otherwise its
    /// kind's.
    package var failureReason: UpstreamFailureReason {
        if let closerReason, !isTemporary || closerReason == .providerUnreachable { return closerReason }
        switch code {
        case .accessDenied: return .accessDenied
        case .notAdmitted: return .accountNotAllowed
        case .loginTooOld: return .loginTooOld
        case .temporarilyUnavailable: return .providerUnavailable
        case .invalidGrant: return .grantRefused
        case .invalidClient: return .clientRefused
        case .unexplainedRefusal: return .requestRefused
        case .invalidResponse: return isDefiniteRefusal ? .requestRefused : .answerInvalid
        case .invalidIDToken: return .idTokenInvalid
        case .userInfoFailed: return .userInfoFailed
        // A provider that answers has refused the request; without an answer the fault is in what we know of it.
        case .misconfigured: return words == nil ? .misconfigured : .requestRefused
        }
    }

    /// The error with a reason that is known more closely than its kind.
    func because(_ reason: UpstreamFailureReason) -> UpstreamError {
        var error = self
        error.closerReason = reason
        return error
    }

    /// The error with what the provider said.
    func saying(_ words: ProviderWords) -> UpstreamError {
        var error = self
        error.words = words
        return error
    }

    /// The error without values that this server sent.
    func withholding(_ secrets: [String?]) -> UpstreamError {
        var error = self
        error.words?.withhold(secrets.compactMap(\.self))
        return error
    }
}
