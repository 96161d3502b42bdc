package import OAuthProtocol
package import OAuthState

/// RFC 6749 §4.1.3 and RFC 7636 §4.6: an authorization code against tokens, once.
package struct AuthorizationCodeGrant: Grant {
    package let grantType = GrantType.authorizationCode
    private let sessions: any AuthorizationStore
    private let clients: any ClientStore
    private let resources: ResourceCatalogue
    private let responses: SessionTokenResponder
    private let durability: Durability
    private let audit: AuditTrail

    /// The grant over the given stores.
    package init(
        sessions: any AuthorizationStore,
        clients: any ClientStore,
        resources: ResourceCatalogue,
        responses: SessionTokenResponder,
        durability: Durability,
        audit: AuditTrail
    ) {
        self.sessions = sessions
        self.clients = clients
        self.resources = resources
        self.responses = responses
        self.durability = durability
        self.audit = audit
    }

    package func evaluate(_ request: TokenRequest) async throws(OAuthError) -> [UInt8] {
        let redemption = try redemption(request)
        try durability.checkAvailability()
        let now = request.context.now
        let result = await sessions.redeem(redemption, now: now)
        guard case .redeemed(let session, let grant) = result.outcome else {
            throw try await refusal(result, request)
        }
        await clients.touch(request.client.id, now: now)
        do {
            let body = try await responses.body(session, scopes: session.scopes, grant: grant, now: now)
            try await durability.wait(for: result.position)
            audit.record(.issued(session, grantType: grantType), context: request.context)
            return body
        } catch {
            // The client will try again, as it is told to: that must not count as a replay and cost it the session.
            await sessions.unredeem(redemption.code, for: session)
            throw error
        }
    }

    private func redemption(_ request: TokenRequest) throws(OAuthError) -> CodeRedemption {
        let code = AuthorizationCode(wireValue: try request.form.required("code"))
        // OAuth 2.1 §7.5.1: a code with a challenge needs its verifier; without it nothing is tried (TK-4, D-13).
        let verifierText = try request.form.required("code_verifier")
        guard let verifier = CodeVerifier(verifierText) else {
            throw OAuthError(.invalidGrant, "code_verifier must be 43 to 128 unreserved characters")
        }
        return CodeRedemption(
            code: code.hash,
            clientID: request.client.id,
            redirectURI: try request.form.once("redirect_uri"),
            challenge: CodeChallenge(verifier: verifier),
            resource: try request.resource(in: resources)
        )
    }

    // One answer for every reason that an attacker could probe for; only what helps an honest client is told apart.
    private func refusal(
        _ result: Recorded<RedemptionOutcome>,
        _ request: TokenRequest
    ) async throws(OAuthError) -> OAuthError {
        switch result.outcome {
        case .redeemed:
            return OAuthError(.serverError, "a redeemed code was refused")
        case .full:
            return .overloaded
        case .mismatch(.resource):
            return OAuthError(.invalidTarget, "resource differs from the authorization request")
        case .mismatch(.redirectURI):
            return OAuthError(.invalidGrant, "redirect_uri differs from the authorization request")
        case .mismatch, .unknown:
            return .guess(.invalidGrant, "the code is invalid, expired or was issued to another client")
        case .expired:
            return OAuthError(.invalidGrant, "the code is invalid, expired or was issued to another client")
        case .replayed(let sessionID):
            // The revocation is durable before anyone hears of it (ST-2).
            try await durability.wait(for: result.position)
            audit.record(.codeReplayed(sessionID, clientID: request.client.id), context: request.context)
            return OAuthError(.invalidGrant, "the code was used before; its tokens are revoked")
        }
    }
}
