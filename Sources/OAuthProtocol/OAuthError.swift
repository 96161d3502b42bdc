/// RFC 6749 §5.2 and its extensions: an error that a client may see.
///
/// Every other failure is logged with its cause and answered as ``Code/serverError``.
package struct OAuthError: Error, Hashable, Sendable {
    /// A wire code, with its HTTP status at the token endpoint and the specification that defines it.
    package struct Code: Hashable, Sendable {
        /// The value of the `error` member or parameter.
        package let wireValue: String
        /// The HTTP status at an endpoint that answers JSON.
        package let httpStatus: Int

        private init(_ wireValue: String, _ httpStatus: Int = 400) {
            self.wireValue = wireValue
            self.httpStatus = httpStatus
        }

        // RFC 6749 §5.2 (token endpoint) and §4.1.2.1 (authorization endpoint)
        package static let invalidRequest = Code("invalid_request")
        package static let invalidClient = Code("invalid_client", 401)
        package static let invalidGrant = Code("invalid_grant")
        package static let unauthorizedClient = Code("unauthorized_client")
        package static let unsupportedGrantType = Code("unsupported_grant_type")
        package static let unsupportedResponseType = Code("unsupported_response_type")
        package static let invalidScope = Code("invalid_scope")
        package static let accessDenied = Code("access_denied", 403)
        package static let serverError = Code("server_error", 500)
        package static let temporarilyUnavailable = Code("temporarily_unavailable", 503)
        // RFC 6750 §3.1
        package static let invalidToken = Code("invalid_token", 401)
        package static let insufficientScope = Code("insufficient_scope", 403)
        // RFC 9470 §3
        package static let insufficientUserAuthentication = Code("insufficient_user_authentication", 401)
        // RFC 7009 §2.2.1
        package static let unsupportedTokenType = Code("unsupported_token_type")
        // RFC 7591 §3.2.2
        package static let invalidRedirectURI = Code("invalid_redirect_uri")
        package static let invalidClientMetadata = Code("invalid_client_metadata")
        // RFC 8628 §3.5
        package static let authorizationPending = Code("authorization_pending")
        package static let slowDown = Code("slow_down")
        package static let expiredToken = Code("expired_token")
        package static let deviceDenied = Code("access_denied")
        // RFC 8707 §2
        package static let invalidTarget = Code("invalid_target")
        // RFC 9449 §5 and §8
        package static let invalidDPoPProof = Code("invalid_dpop_proof")
        package static let useDPoPNonce = Code("use_dpop_nonce")
        // OpenID Connect Core 1.0 §3.1.2.6
        package static let interactionRequired = Code("interaction_required")
        // The same, to a proxy: nginx and its like pass on 401 and 403 only
        package static let connectionRequired = Code("interaction_required", 403)
        package static let loginRequired = Code("login_required")
        package static let consentRequired = Code("consent_required")
        package static let requestNotSupported = Code("request_not_supported")
        package static let requestURINotSupported = Code("request_uri_not_supported")
        // RFC 6585 §4: a source that has used up its allowance of failures
        package static let tooManyRequests = Code("temporarily_unavailable", 429)
    }

    /// The error code.
    package let code: Code
    /// One sentence for the client's developer: ASCII, no quote and no backslash (RFC 6749 §5.2).
    package let description: String
    /// After how long a retry makes sense; sent as `Retry-After`.
    package var retryAfter: Duration?
    /// Further members of the JSON answer, such as `reason` of `interaction_required`.
    package var details: JSONObject = [:]

    /// Whether the request tried a code, secret or token: it counts against its source.
    ///
    /// Never set for an answer that tells an honest client to register or log in again: 429 in its place would make the
    /// client retry forever (LM-2).
    package var isGuess = false

    /// What the person who sees the error on a page can do; never on the wire.
    package enum Advice: Hashable, Sendable {
        /// The trouble passes.
        case tryAgain
        /// This login is over; another may succeed.
        case startAgain
        /// Nothing that the person does helps.
        case askOperator
        /// The account is the obstacle.
        case chooseAnotherAccount
    }

    /// What a page advises, if the cause is known well enough.
    package var advice: Advice?

    /// An error about a code, secret or token that was tried.
    package static func guess(_ code: Code, _ description: String) -> OAuthError {
        var error = OAuthError(code, description)
        error.isGuess = true
        return error
    }

    /// An error with its description; bytes that RFC 6749 §5.2 forbids there, and `=`, become `'`.
    package init(_ code: Code, _ description: String, retryAfter: Duration? = nil, details: JSONObject = [:]) {
        self.code = code
        self.description = Self.printable(description)
        self.retryAfter = retryAfter
        self.details = details
    }

    // RFC 6749 §5.2: error_description is %x20-21 / %x23-5B / %x5D-7E. `=` is replaced too, so that a client's own text
    // cannot introduce `scope=` or `error=`, which both MCP SDKs search for in a challenge (RS-1).
    private static func printable(_ text: String) -> String {
        String(
            decoding: text.utf8.map { byte in
                switch byte {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "="): UInt8(ascii: "'")
                case 0x20...0x7E: byte
                default: UInt8(ascii: "'")
                }
            },
            as: UTF8.self
        )
    }

    /// The body of the error answer.
    package var json: JSONObject {
        var object: JSONObject = ["error": .string(code.wireValue), "error_description": .string(description)]
        for (name, value) in details.members {
            object[name] = value
        }
        return object
    }
}
