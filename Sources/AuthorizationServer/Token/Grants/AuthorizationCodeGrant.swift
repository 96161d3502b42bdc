import OAuthProtocol
import OAuthState

/// RFC 6749 §4.1.3 and RFC 7636 §4.6: exchanges an authorization code for tokens, once.
struct AuthorizationCodeGrant: Grant {
    static let declaration = GrantDeclaration(
        type: .authorizationCode,
        name: "authorization_code",
        summary: "Exchanges an authorization code for tokens (RFC 6749 §4.1.3, RFC 7636).",
        parameters: ["code", "code_verifier", "redirect_uri", "resource"],
        registration: .byDefault
    )

    private let sessions: any LoginStore
    private let clients: any ClientStore
    private let resources: ResourceCatalogue
    private let responses: SessionTokenResponder
    private let instruments: Instruments

    init(_ ground: GrantGround) {
        sessions = ground.stores.sessions
        clients = ground.stores.clients
        resources = ground.resources
        responses = ground.responses
        instruments = ground.instruments
    }

    func evaluate(_ request: TokenRequest) async throws(OAuthError) -> [UInt8] {
        try await instruments.answered(request, Self.declaration.type) { () async throws(OAuthError) in
            try await answer(request, try redemption(request))
        }
    }

    private func answer(
        _ request: TokenRequest,
        _ redemption: CodeRedemption
    ) async throws(OAuthError) -> GrantAnswer {
        let now = request.context.now
        let client = try request.client
        return try await answering(await sessions.redeem(redemption, now: now)) { (outcome) throws(OAuthError) in
            guard case .redeemed(let session, let grant) = outcome else { return refusal(outcome, redemption) }
            // RFC 7592, D-89: the client, or its document, has given up the address that the code was sent to. The code
            // stays unredeemed.
            guard grant.request.canBeAnswered(to: client) else {
                throw OAuthError(.invalidGrant, "the redirect URI of the code is no longer registered")
            }
            await clients.touch(redemption.clientID, now: now)
            let body = try await responses.body(
                session,
                scopes: session.scopes,
                boundTo: redemption.key,
                grant: grant,
                now: now
            )
            return .issued(body, .issued(session, grantType: Self.declaration.type))
        }
    }

    private func redemption(_ request: TokenRequest) throws(OAuthError) -> CodeRedemption {
        let code = AuthorizationCode(wireValue: try request.form.required("code"))
        // OAuth 2.1 §7.5.1: a code with a challenge needs its verifier; without it nothing is tried (TK-4, D-13).
        let verifierText = try request.form.required("code_verifier")
        guard let verifier = CodeVerifier(verifierText) else {
            throw OAuthError(.invalidGrant, "code_verifier must be 43 to 128 unreserved characters")
        }
        let client = try request.client
        var redemption = CodeRedemption(
            code: code.hash,
            clientID: client.id,
            redirectURI: try request.form.once("redirect_uri"),
            challenge: CodeChallenge(verifier: verifier),
            resource: try request.resource(in: resources)
        )
        redemption.key = request.key
        // RFC 9449 §5: the refresh tokens of a client that authenticates are bound to the client already.
        redemption.bindsSession = client.isPublic
        return redemption
    }

    // One answer for every reason that an attacker could probe for; only facts that help an honest client are
    // distinguished.
    private func refusal(_ outcome: RedemptionOutcome, _ redemption: CodeRedemption) -> GrantAnswer {
        switch outcome {
        case .redeemed:
            .refused(OAuthError(.serverError, "a redeemed code was refused"))
        case .full:
            .refused(.overloaded)
        case .mismatch(.resource):
            .refused(OAuthError(.invalidTarget, "resource differs from the authorization request"))
        case .mismatch(.redirectURI):
            .refused(OAuthError(.invalidGrant, "redirect_uri differs from the authorization request"))
        case .mismatch(.key):
            .refused(
                OAuthError(
                    .invalidDPoPProof,
                    "the request does not prove the key of dpop_jkt, which the code is bound to"
                )
            )
        case .mismatch:
            .refused(
                .guess(.invalidGrant, "the code is invalid, expired or was issued to another client"),
                reason: "wrong_verifier_or_client"
            )
        case .unknown:
            .refused(
                .guess(.invalidGrant, "the code is invalid, expired or was issued to another client"),
                reason: "unknown_code"
            )
        case .expired:
            .refused(
                OAuthError(.invalidGrant, "the code is invalid, expired or was issued to another client"),
                reason: "expired"
            )
        case .replayed(let sessionID):
            .refused(
                OAuthError(.invalidGrant, "the code has already been used; its tokens are revoked"),
                .codeReplayed(sessionID, clientID: redemption.clientID)
            )
        }
    }
}
