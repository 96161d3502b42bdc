import OAuthProtocol
import OAuthState

/// Requests that were refused; see ``RefusalRecords``.
extension AuditEvent {
    /// A client's request for tokens was refused.
    ///
    /// - Parameters:
    ///   - clientID: The client, which has authenticated.
    ///   - grantType: What it asked with.
    ///   - error: Its answer.
    ///   - session: The session that a refresh token names, which only this server can have written.
    ///   - reason: Why, where the answer does not say it.
    /// - Returns: The event.
    static func tokenRefused(
        _ clientID: String,
        _ grantType: GrantType,
        _ error: OAuthError,
        session: SessionID? = nil,
        reason: String? = nil
    ) -> AuditEvent {
        var fields: AuditFields = ["client_id": .string(clientID)]
        if let session { fields.append("tsid", session) }
        fields.append("grant_type", grantType.rawValue)
        fields.append("error", error.code.wireValue)
        fields.append("reason", reason ?? error.description)
        return AuditEvent("token.refused", fields)
    }

    /// An authorization request was refused on a page, because it cannot be answered by a redirect.
    ///
    /// - Parameters:
    ///   - clientID: What the request names, which may be any text; `nil` when it names none.
    ///   - problem: What is wrong with it.
    /// - Returns: The event.
    static func authorizationPage(_ clientID: String?, _ problem: AuthorizationPageError.Problem) -> AuditEvent {
        var fields = AuditFields()
        if let clientID = clientID.flatMap(recognizable) { fields.append("client_id", clientID) }
        fields.append("reason", problem.name)
        return AuditEvent("authorization.page_error", fields)
    }

    // D-25: a stranger's text may be a code or a token at the wrong place. Those are longer than an id of ours or a
    // UUID, and no URL; a URL is shown without what may hide one.
    private static func recognizable(_ clientID: String) -> String? {
        guard clientID.contains("://") else { return clientID.utf8.count <= 36 ? clientID : nil }
        return String(clientID.prefix { $0 != "?" && $0 != "#" }.prefix(256))
    }

    /// A source asked more often than its allowance permits.
    static func throttled(_ purpose: String) -> AuditEvent {
        AuditEvent("request.throttled", ["purpose": .string(purpose)])
    }
}

extension AuthorizationPageError.Problem {
    /// Whether it is the request of a client that was found.
    var isOfClient: Bool {
        switch self {
        case .missingRedirectURI, .unregisteredRedirectURI: true
        default: false
        }
    }

    /// The problem's name in the audit trail.
    var name: String {
        switch self {
        case .malformedQuery: "malformed"
        case .duplicateParameter: "duplicate_parameter"
        case .missingClient: "missing_client"
        case .unknownClient: "unknown_client"
        case .missingRedirectURI: "missing_redirect_uri"
        case .unregisteredRedirectURI: "unregistered_redirect_uri"
        case .clientMetadataUnavailable: "document_unavailable"
        case .clientMetadataUnacceptable: "document_unacceptable"
        case .clientMetadataThrottled: "document_throttled"
        case .temporarilyUnavailable: "temporarily_unavailable"
        case .unknownRequestURI: "unknown_request_uri"
        }
    }
}
