import OAuthProtocol
import UpstreamIdentity

/// RFC 6749 §4.1.2: a provider's answer, delivered by the browser.
struct UpstreamCallback: Sendable {
    let state: UpstreamState
    let code: String?
    let error: String?
    /// The provider's sentence, for log and audit trail alone.
    let errorDescription: String?
    let issuer: String?
    /// The parameters that the upstream's `extras` name.
    var fields: JSONObject = [:]

    /// Exchanges the code for tokens and identifies their user.
    ///
    /// - Throws: ``UpstreamError``; nothing of the login may then be stored.
    func redeem(
        at provider: UpstreamProvider,
        verifier: CodeVerifier,
        nonce: String?,
        maximumAgeSeconds: Int? = nil,
        requestedScopes: ScopeSet? = nil
    ) async throws(UpstreamError) -> UpstreamLogin {
        if let error {
            // RFC 9207 §2.4: another provider's error must not end this login's leg.
            try await provider.checkIssuer(ofErrorResponse: issuer)
            throw UpstreamError(authorizationResponseError: error, description: errorDescription)
        }
        guard let code else { throw UpstreamError.answerIncomplete }
        return try await provider.login(
            code: code,
            verifier: verifier,
            nonce: nonce,
            issuerParameter: issuer,
            maximumAgeSeconds: maximumAgeSeconds,
            requestedScopes: requestedScopes,
            callbackFields: fields
        )
    }
}
