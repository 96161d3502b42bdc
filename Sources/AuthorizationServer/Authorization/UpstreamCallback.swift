import OAuthProtocol
import UpstreamIdentity

/// RFC 6749 §4.1.2: a provider's answer, delivered by the browser.
struct UpstreamCallback: Sendable {
    let state: UpstreamState
    let code: String?
    let error: String?
    let issuer: String?

    /// Exchanges the code for tokens and identifies their user.
    ///
    /// - Throws: An error that the client may see, never the provider's own text (AZ-15).
    func redeem(
        at provider: UpstreamProvider,
        verifier: CodeVerifier,
        nonce: String?,
        maximumAgeSeconds: Int? = nil,
        requestedScopes: ScopeSet? = nil
    ) async throws(OAuthError) -> UpstreamLogin {
        if let error {
            // RFC 9207 §2.4: another provider's error must not end this login's leg.
            do { try await provider.checkIssuer(ofErrorResponse: issuer) } catch { throw error.clientError }
            throw UpstreamError(authorizationResponseError: error).clientError
        }
        guard let code else {
            throw OAuthError(.serverError, "the identity provider sent neither code nor error")
        }
        do {
            return try await provider.login(
                code: code,
                verifier: verifier,
                nonce: nonce,
                issuerParameter: issuer,
                maximumAgeSeconds: maximumAgeSeconds,
                requestedScopes: requestedScopes
            )
        } catch {
            throw error.clientError
        }
    }
}
