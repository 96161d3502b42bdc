import Logging
package import OAuthProtocol

extension UpstreamProvider {
    /// Redeems a code and identifies the user.
    ///
    /// - Parameters:
    ///   - code: The code of the authorization response.
    ///   - verifier: The verifier whose challenge was sent.
    ///   - nonce: The nonce that was sent.
    ///   - issuerParameter: `iss` of the authorization response (RFC 9207), checked when present or advertised.
    ///   - maximumAgeSeconds: `max_age` that was sent.
    ///   - requestedScopes: The requested scopes; `nil` for the configured ones.
    ///   - callbackFields: What ``fields(ofCallback:)`` found in the authorization response.
    /// - Returns: The user's account and the tokens.
    /// - Throws: ``UpstreamError``; nothing of the login may then be stored (D-66).
    package func login(
        code: String,
        verifier: CodeVerifier,
        nonce: String?,
        issuerParameter: String? = nil,
        maximumAgeSeconds: Int? = nil,
        requestedScopes: ScopeSet? = nil,
        callbackFields: JSONObject = [:]
    ) async throws(UpstreamError) -> UpstreamLogin {
        let endpoints = try await endpoints()
        let requestedScopes = (requestedScopes ?? self.requestedScopes).union(ScopeSet(endpoints.scopes))
        try checkIssuerParameter(issuerParameter, endpoints)
        let client = try await client()
        // Keys first: without them the code would be used up in vain.
        _ = try await openID?.keys.current()
        let tokens: UpstreamTokenResponse
        do {
            tokens = try await tokenEndpoint.redeem(
                code: code,
                verifier: verifier,
                callbackURL: configuration.callbackURL,
                requestedScopes: requestedScopes,
                client: client,
                endpoints: endpoints,
                now: timeSource.now()
            )
        } catch {
            throw error.withholding([code, verifier.value] + client.secretTexts)
        }
        breaker.reset(now: timeSource.now())
        // RFC 6749 §7.1: a token of an unknown type must not be used.
        if let type = tokens.tokenType,
            !BearerTokenType.accepts(type, further: configuration.behaviour.bearerTokenTypes)
        {
            throw UpstreamError(.invalidResponse, "the access token is not a bearer token")
        }
        let claims = try await claims(
            of: tokens,
            endpoints: endpoints,
            lacking: configuration.behaviour.extras.filter { tokens.fields[$0] == nil && callbackFields[$0] == nil },
            expecting: .init(
                clientID: client.id,
                nonce: nonce,
                accessToken: tokens.accessToken,
                maximumAgeSeconds: maximumAgeSeconds
            )
        )
        let requirements = try metRequirements(claims)
        return UpstreamLogin(
            tokens: tokens,
            clientBinding: client.binding,
            claims: claims,
            account: identifiesUsers ? try await account(in: claims, tokens: tokens) : nil,
            authentication: openID == nil ? .unknown : UpstreamAuthentication(idTokenClaims: claims),
            requestedScopes: requestedScopes,
            metRequirements: requirements,
            fields: UpstreamFields.merged(
                callbackFields,
                with: UpstreamFields.picked(configuration.behaviour.extras, from: [tokens.json, claims])
            )
        )
    }

    /// RFC 9207 §2.4: checks `iss` of an error response, as
    /// ``login(code:verifier:nonce:issuerParameter:maximumAgeSeconds:requestedScopes:callbackFields:)`` does for a
    /// response with a code.
    ///
    /// A missing `iss` is accepted here: an error response carries nothing an attacker could use.
    ///
    /// - Throws: ``UpstreamError`` when the response names another issuer.
    package func checkIssuer(ofErrorResponse issuerParameter: String?) async throws(UpstreamError) {
        guard issuerParameter != nil else { return }
        try checkIssuerParameter(issuerParameter, try await endpoints())
    }

    /// RFC 9207 §2.4, UP-1, D-65: another provider's response must not be accepted with its code.
    private func checkIssuerParameter(_ parameter: String?, _ endpoints: UpstreamEndpoints) throws(UpstreamError) {
        guard let parameter else {
            guard !endpoints.advertisesIssuerParameter else {
                throw UpstreamError(.invalidResponse, "the authorization response has no iss").because(.issuerMismatch)
            }
            return
        }
        let isExpected =
            if let openID {
                openID.rule.accepts(parameter: parameter)
            } else if let issuer = endpoints.issuer {
                parameter.hasSameBytes(as: issuer)
            } else {
                // Without knowing the provider's issuer, it cannot be checked (RFC 9207 §2.4).
                true
            }
        guard isExpected else {
            throw UpstreamError(.invalidResponse, "the authorization response names another issuer")
                .because(.issuerMismatch)
        }
    }

    /// The provider's claims about the user: from the ID token, a userinfo answer or the token answer.
    private func claims(
        of tokens: UpstreamTokenResponse,
        endpoints: UpstreamEndpoints,
        lacking fields: [String],
        expecting expectation: IDTokenVerifier.Expectation
    ) async throws(UpstreamError) -> JSONObject {
        switch configuration.kind {
        case .openID:
            return try await openIDClaims(of: tokens, endpoints: endpoints, lacking: fields, expecting: expectation)
        case .oauth2(let configured):
            switch configured.identity {
            case .userInfo(let mapping):
                return try await userInfo.object(mapping, accessToken: tokens.accessToken)
            case .tokenResponse, .absent:
                return tokens.json.withoutTokens
            }
        case .protectedServer: return tokens.json.withoutTokens
        case .entered, .chained, .machine: return [:]
        }
    }

    private func openIDClaims(
        of tokens: UpstreamTokenResponse,
        endpoints: UpstreamEndpoints,
        lacking fields: [String],
        expecting expectation: IDTokenVerifier.Expectation
    ) async throws(UpstreamError) -> JSONObject {
        guard let openID else { throw UpstreamError(.misconfigured, "the provider does not speak OpenID Connect") }
        guard let idToken = tokens.idToken else {
            throw UpstreamError(.invalidIDToken, "the token response has no ID token")
        }
        var claims = try await openID.verifier.verifiedClaims(
            of: idToken,
            expecting: expectation,
            now: timeSource.now()
        )
        guard let url = endpoints.userInfo, asksUserInfo(claims, lacking: fields) else { return claims }
        let more: JSONObject
        do {
            more = try await userInfo.object(at: url, accessToken: tokens.accessToken)
        } catch {
            // A claim that decides over the login may be the one that is missing: that is a failure, not a refusal.
            let decides = configuration.requiredClaims.contains { claims.value(at: $0.claim) == nil }
            guard configuration.behaviour.userInfoUse != .always, !decides else { throw error }
            logger.warning("userinfo failed; the login continues", metadata: ["reason": .string(error.reason)])
            return claims
        }
        // OpenID Connect Core 1.0 §5.3.2: an answer about another user means that a token was swapped.
        guard let subject = more["sub"]?.stringValue, let expected = claims["sub"]?.stringValue,
            subject.hasSameBytes(as: expected)
        else { throw UpstreamError(.userInfoFailed, "the claim sub of userinfo differs from the ID token's") }
        for member in more.members
        where claims[member.name] == nil && !UpstreamAuthentication.claimNames.contains(member.name) {
            claims[member.name] = member.value
        }
        return claims
    }

    private func asksUserInfo(_ claims: JSONObject, lacking fields: [String]) -> Bool {
        switch configuration.behaviour.userInfoUse {
        case .never: false
        case .always: true
        case .whenNameIsMissing:
            claims.firstText(at: configuration.behaviour.claimPaths.name) == nil
                || claims.firstText(at: configuration.behaviour.claimPaths.accountName) == nil
                || (configuration.wantedClaims + fields).contains { claims.value(at: $0) == nil }
        }
    }

    private func account(
        in claims: JSONObject,
        tokens: UpstreamTokenResponse
    ) async throws(UpstreamError)
        -> UpstreamAccount
    {
        let behaviour = configuration.behaviour
        var account: UpstreamAccount
        do {
            account = try identityPaths.account(in: claims, verifiedEmail: behaviour.verifiedEmail)
        } catch {
            throw openID == nil ? error : UpstreamError(.invalidIDToken, error.reason)
        }
        if case .listOfAddresses(let path) = behaviour.verifiedEmail, case .oauth2(let endpoints) = configuration.kind,
            case .userInfo(let mapping) = endpoints.identity
        {
            account.verifiedEmail = try await userInfo.primaryVerifiedAddress(
                at: mapping.endpoint + path,
                accessToken: tokens.accessToken
            )
        }
        return account
    }

    /// The paths to the account in the result of ``claims``.
    var identityPaths: IdentityPaths {
        switch configuration.kind {
        case .openID: configuration.behaviour.claimPaths
        case .oauth2(let endpoints):
            switch endpoints.identity {
            case .userInfo(let mapping): mapping.paths
            case .tokenResponse(let paths): paths
            case .absent: IdentityPaths(subject: [])
            }
        case .entered, .protectedServer, .chained, .machine: IdentityPaths(subject: [])
        }
    }

    private var userInfo: UserInfo {
        UserInfo(exchange: exchange, fields: configuration.behaviour.userInfoFields)
    }
}

extension UpstreamLogin {
    fileprivate init(
        tokens: UpstreamTokenResponse,
        clientBinding: String,
        claims: JSONObject,
        account: UpstreamAccount?,
        authentication: UpstreamAuthentication,
        requestedScopes: ScopeSet,
        metRequirements: [UpstreamClaimRequirement],
        fields: JSONObject
    ) {
        self.metRequirements = metRequirements
        self.tokens = tokens
        self.clientBinding = clientBinding
        self.fields = fields
        subject = account?.subject ?? ""
        accountName = account?.accountName
        name = account?.name
        verifiedEmail = account?.verifiedEmail
        // RFC 6749 §5.1: an absent scope means the requested one.
        scopes = tokens.scopes ?? requestedScopes
        self.authentication = authentication
        self.claims = claims
        // A longer one could not be named by a logout token.
        sessionID = claims["sid"]?.stringValue.flatMap { sid in
            1...LogoutToken.identifierByteCountMax ~= sid.utf8.count ? sid : nil
        }
        idTokenExpiry = tokens.idToken == nil ? nil : claims.date("exp")
    }
}
