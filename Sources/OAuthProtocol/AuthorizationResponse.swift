/// RFC 6749 §4.1.2 and RFC 9207 §2: the URL that returns the answer to the client.
///
/// Exactly one `iss`, which is ours: without it a client that uses several servers can be made to send a code to the
/// wrong one (mix-up, D-21). A provider's `iss` or error text is never forwarded (AZ-14, AZ-15).
package enum AuthorizationResponse {
    /// The redirect that delivers a code.
    package static func success(code: AuthorizationCode, request: AuthorizationRequest, issuer: Issuer) -> String {
        var parameters = [("code", code.wireValue)]
        if let state = request.state {
            parameters.append(("state", state))
        }
        parameters.append(("iss", issuer.text))
        return RedirectURI.adding(parameters, to: request.redirectURI)
    }

    /// The redirect that delivers an error.
    package static func failure(_ error: OAuthError, redirectURI: String, state: String?, issuer: Issuer) -> String {
        var parameters = [("error", error.code.wireValue), ("error_description", error.description)]
        if let state {
            parameters.append(("state", state))
        }
        parameters.append(("iss", issuer.text))
        return RedirectURI.adding(parameters, to: redirectURI)
    }
}
