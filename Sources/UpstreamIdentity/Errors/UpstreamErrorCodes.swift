import OAuthProtocol

/// RFC 6749 §5.2, §4.1.2.1 and the providers' own: the known `error` values, and who must act on each.
///
/// A value that is not in the table is never repeated, not even in the log: its text is the provider's.
enum UpstreamErrorCodes {
    /// The kind of failure that an error value means.
    enum Meaning {
        case accessDenied, invalidGrant, invalidClient, temporary, misconfigured
    }

    static let meanings: [String: Meaning] = [
        // RFC 6749 §5.2
        "invalid_grant": .invalidGrant,
        "invalid_client": .invalidClient,
        "unauthorized_client": .invalidClient,
        "invalid_request": .misconfigured,
        "invalid_scope": .misconfigured,
        "unsupported_grant_type": .misconfigured,
        "unsupported_response_type": .misconfigured,
        "invalid_target": .misconfigured,
        // Entra: the API of a scope is unknown in the tenant.
        "invalid_resource": .misconfigured,
        // RFC 7591 §3.2.2
        "invalid_redirect_uri": .misconfigured,
        "invalid_client_metadata": .misconfigured,
        "invalid_software_statement": .misconfigured,
        "unapproved_software_statement": .misconfigured,
        // RFC 6750 §3.1, which Google uses for a revoked token
        "invalid_token": .invalidGrant,
        // RFC 6749 §4.1.2.1
        "access_denied": .accessDenied,
        "server_error": .temporary,
        "temporarily_unavailable": .temporary,
        "slow_down": .temporary,
        // OpenID Connect Core 1.0 §3.1.2.6: at a refresh, Entra requires the user with it (a second factor, a new
        // consent).
        "interaction_required": .invalidGrant,
        "login_required": .invalidGrant,
        "consent_required": .invalidGrant,
        "account_selection_required": .invalidGrant,
        // GitHub, with status 200
        "bad_verification_code": .invalidGrant,
        "bad_refresh_token": .invalidGrant,
        "incorrect_client_credentials": .invalidClient,
        "application_suspended": .invalidClient,
        "redirect_uri_mismatch": .misconfigured,
        "unverified_user_email": .accessDenied,
        // Slack, with status 200 and "ok": false
        "invalid_code": .invalidGrant,
        "code_already_used": .invalidGrant,
        "code_expired": .invalidGrant,
        "invalid_refresh_token": .invalidGrant,
        "token_expired": .invalidGrant,
        "token_revoked": .invalidGrant,
        "invalid_auth": .invalidGrant,
        "account_inactive": .invalidGrant,
        "user_not_found": .invalidGrant,
        "invalid_client_id": .invalidClient,
        "bad_client_secret": .invalidClient,
        "bad_redirect_uri": .misconfigured,
        "invalid_code_verifier": .misconfigured,
        "pkce_not_allowed": .misconfigured,
        "ratelimited": .temporary,
        "rate_limited": .temporary,
        "fatal_error": .temporary,
        "internal_error": .temporary,
        "service_unavailable": .temporary,
    ]

    /// What an error value means, in whatever case it is written; `nil` for an unknown one.
    static func meaning(of value: String) -> Meaning? {
        meanings[value.lowercased()]
    }

    /// Whether an unknown `error` of an authorization response says in other words that the user refused: LinkedIn has
    /// `user_cancelled_login` and `user_cancelled_authorize`, others `user_denied` or `consent_declined`.
    ///
    /// It decides only which error the client sees; nothing is granted either way.
    static func meansRefusalByUser(_ value: String) -> Bool {
        let value = value.lowercased()
        guard value.utf8.count <= 64, !value.contains("client"), !value.contains("invalid") else { return false }
        return ["cancel", "denied", "deny", "declin", "refus", "reject", "abort"].contains { value.contains($0) }
    }
}

extension UpstreamError {
    /// The failure that an `error` value in a provider's JSON answer means, whatever its status (GitHub sends 200).
    init(providerError value: String, status: Int, retryAfter: Duration?) {
        // 429 and 5xx are never terminal, whatever the body contains (VR-9).
        if let overload = UpstreamError(overloadStatus: status, retryAfter: retryAfter) {
            self = overload
            return
        }
        let value = value.lowercased()
        switch UpstreamErrorCodes.meanings[value] {
        case .accessDenied: self.init(.accessDenied, "the provider answered \(value)")
        case .invalidGrant: self.init(.invalidGrant, "the provider answered \(value)")
        case .invalidClient: self.init(.invalidClient, "the provider answered \(value)")
        case .misconfigured: self.init(.misconfigured, "the provider answered \(value)")
        case .temporary:
            self = .temporary("the provider answered \(value)", retryAfter: retryAfter)
        case nil:
            self.init(
                status == 400 ? .unexplainedRefusal : .invalidResponse,
                "the provider answered status \(status) with an unknown error"
            )
        }
    }

    /// The failure that a status without a readable `error` value means.
    init(status: Int, retryAfter: Duration?) {
        if let overload = UpstreamError(overloadStatus: status, retryAfter: retryAfter) {
            self = overload
        } else if status == 401 {
            self.init(.invalidClient, "the provider answered status 401")
        } else {
            // Firewalls send 403 too, and such a failure passes.
            self.init(status == 400 ? .unexplainedRefusal : .invalidResponse, "the provider answered status \(status)")
        }
    }

    private init?(overloadStatus status: Int, retryAfter: Duration?) {
        guard status == 429 || status == 408 || status >= 500 else { return nil }
        // After a 5xx a refresh token may be used up; after a 429 it is not.
        self.init(
            .temporarilyUnavailable(retryAfter: retryAfter),
            "the provider answered status \(status)",
            isOutcomeUnknown: status != 429
        )
    }

    /// The failure that `error` of an authorization response (RFC 6749 §4.1.2.1) means; used by the callback.
    package init(authorizationResponseError value: String, description: String? = nil) {
        self.init(authorizationResponse: value)
        words = ProviderWords(error: value, text: description)
    }

    /// An authorization response with neither a code nor an error.
    package static var answerIncomplete: UpstreamError {
        UpstreamError(.invalidResponse, "the authorization response has neither code nor error")
            .because(.answerIncomplete)
    }

    private init(authorizationResponse value: String) {
        let value = value.lowercased()
        switch UpstreamErrorCodes.meanings[value] {
        case .accessDenied, .invalidGrant: self.init(.accessDenied, "the provider answered \(value)")
        case .invalidClient: self.init(.invalidClient, "the provider answered \(value)")
        case .misconfigured: self.init(.misconfigured, "the provider answered \(value)")
        case .temporary: self = .temporary("the provider answered \(value)")
        case nil where UpstreamErrorCodes.meansRefusalByUser(value):
            self.init(.accessDenied, "the user did not grant access")
        case nil:
            self.init(.invalidResponse, "the provider answered with an unknown error")
        }
    }
}
