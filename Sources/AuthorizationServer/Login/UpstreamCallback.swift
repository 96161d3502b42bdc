import OAuthProtocol
import OAuthState
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
        _ leg: LoginLeg,
        for purpose: LoginPurpose
    ) async throws(UpstreamError) -> UpstreamLogin {
        if let error {
            // RFC 9207 §2.4: another provider's error must not end this login's leg.
            try await provider.checkIssuer(ofErrorResponse: issuer)
            throw UpstreamError(authorizationResponseError: error, description: errorDescription)
        }
        guard let code else { throw UpstreamError.answerIncomplete }
        return try await provider.login(
            code: code,
            verifier: leg.verifier,
            nonce: leg.nonce,
            issuerParameter: issuer,
            maximumAgeSeconds: purpose.maximumAgeSeconds,
            requestedScopes: purpose.requestedScopes(at: provider),
            callbackFields: fields
        )
    }
}

extension LoginPurpose {
    // OpenID Connect Core 1.0 §3.1.2.1: a client that requires a recent login must get one (OP-5).
    fileprivate var maximumAgeSeconds: Int? {
        guard case .client(let login) = self else { return nil }
        return login.request.maximumAgeSeconds
    }

    fileprivate func requestedScopes(at provider: UpstreamProvider) -> ScopeSet {
        guard case .page(.connect(let link)) = self else { return provider.requestedScopes }
        return provider.requestedScopes.union(link.scopes)
    }
}
