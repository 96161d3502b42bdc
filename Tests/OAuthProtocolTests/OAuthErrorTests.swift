import OAuthProtocol
import Testing

/// RFC 6749 §5.2: errors as clients see them.
@Suite("RFC 6749 §5.2: errors")
struct OAuthErrorTests {
    @Test(
        "TK-2: codes and their statuses",
        arguments: [
            (OAuthError.Code.invalidRequest, "invalid_request", 400), (.invalidClient, "invalid_client", 401),
            (.invalidGrant, "invalid_grant", 400), (.unauthorizedClient, "unauthorized_client", 400),
            (.unsupportedGrantType, "unsupported_grant_type", 400), (.invalidScope, "invalid_scope", 400),
            (.unsupportedResponseType, "unsupported_response_type", 400), (.invalidTarget, "invalid_target", 400),
            (.temporarilyUnavailable, "temporarily_unavailable", 503), (.serverError, "server_error", 500),
            (.invalidRedirectURI, "invalid_redirect_uri", 400),
            (.invalidClientMetadata, "invalid_client_metadata", 400),
            (.invalidToken, "invalid_token", 401), (.insufficientScope, "insufficient_scope", 403),
            (.accessDenied, "access_denied", 403), (.unsupportedTokenType, "unsupported_token_type", 400),
            (.interactionRequired, "interaction_required", 400), (.loginRequired, "login_required", 400),
            (.consentRequired, "consent_required", 400), (.requestNotSupported, "request_not_supported", 400),
            (.requestURINotSupported, "request_uri_not_supported", 400),
            (.tooManyRequests, "temporarily_unavailable", 429),
        ]
    )
    func codes(code: OAuthError.Code, wireValue: String, status: Int) {
        #expect(code.wireValue == wireValue)
        #expect(code.httpStatus == status)
    }

    @Test(
        "TK-2, RS-1: a description is ASCII without quotes, backslashes or what SDKs take for a challenge's attribute",
        arguments: ["a\"b\\c", "é\r\n\u{0}", "x scope=\"admin\", error=y resource_metadata=z", "\u{202E}", "𝄞"]
    )
    func descriptions(text: String) throws {
        let description = OAuthError(.invalidRequest, text).description
        #expect(description.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C })
        for attribute in ["scope=", "error=", "resource_metadata="] {
            #expect(!description.contains(attribute))
        }
    }

    @Test("a harmless description stays as it is")
    func harmless() {
        let text = "redirect_uris[2] must not have a fragment; use https://c/cb, 100% (really)"
        #expect(OAuthError(.invalidRequest, text).description == text)
    }

    @Test("the body has error, description and details, and no null")
    func json() throws {
        let error = OAuthError(
            .interactionRequired,
            "connect github again",
            details: ["reason": "reauthorization_required"]
        )
        let expected =
            #"{"error":"interaction_required","error_description":"connect github again","reason":"reauthorization_required"}"#
        #expect(String(decoding: error.json.serialized(), as: UTF8.self) == expected)
    }

    @Test("a guess counts against its source, other errors do not")
    func guesses() {
        #expect(OAuthError.guess(.invalidGrant, "x").isGuess)
        #expect(!OAuthError(.invalidGrant, "x").isGuess)
    }
}
