import Logging
package import OAuthProtocol

extension UpstreamProvider {
    /// Redeems a code and finds out whose it is.
    ///
    /// - Parameters:
    ///   - code: The code of the authorization response.
    ///   - verifier: The verifier whose challenge was sent.
    ///   - nonce: The nonce that was sent.
    ///   - issuerParameter: `iss` of the authorization response (RFC 9207), checked when present or advertised.
    ///   - maximumAgeSeconds: `max_age` that was sent.
    ///   - requestedScopes: What was asked for; `nil` for the configured scopes.
    /// - Returns: Who logged in, and the tokens.
    /// - Throws: ``UpstreamError``; nothing of the login is to be kept then (D-66).
    package func login(
        code: String,
        verifier: CodeVerifier,
        nonce: String?,
        issuerParameter: String? = nil,
        maximumAgeSeconds: Int? = nil,
        requestedScopes: ScopeSet? = nil
    ) async throws(UpstreamError) -> UpstreamLogin {
        let endpoints = try await endpoints()
        try checkIssuerParameter(issuerParameter, endpoints)
        let client = try await client()
        // Keys first: without them the code would be used up for nothing.
        _ = try await openID?.keys.current()
        let tokens = try await tokenEndpoint.redeem(
            code: code,
            verifier: verifier,
            callbackURL: configuration.callbackURL,
            client: client,
            endpoints: endpoints,
            now: timeSource.now()
        )
        breaker.reset()
        // RFC 6749 §7.1: a token of a type that we do not understand must not be used.
        if let type = tokens.tokenType, !configuration.behaviour.bearerTokenTypes.contains(type) {
            throw UpstreamError(.invalidResponse, "the access token is no bearer token")
        }
        let claims = try await claims(
            of: tokens,
            endpoints: endpoints,
            expecting: .init(
                clientID: client.id,
                nonce: nonce,
                accessToken: tokens.accessToken,
                maximumAgeSeconds: maximumAgeSeconds
            )
        )
        try checkRequiredClaims(claims)
        return UpstreamLogin(
            tokens: tokens,
            clientID: client.id,
            claims: claims,
            account: try await account(in: claims, tokens: tokens),
            authentication: openID == nil ? .unknown : UpstreamAuthentication(idTokenClaims: claims),
            requestedScopes: requestedScopes ?? self.requestedScopes
        )
    }

    /// RFC 9207 §2.4: checks `iss` of an error response, as ``login(code:verifier:nonce:issuerParameter:maximumAgeSeconds:requestedScopes:)``
    /// does of one with a code; one that is absent is let pass, for an error brings nothing that could be misused.
    ///
    /// - Throws: ``UpstreamError`` when the response names another issuer.
    package func checkIssuer(ofErrorResponse issuerParameter: String?) async throws(UpstreamError) {
        guard issuerParameter != nil else { return }
        try checkIssuerParameter(issuerParameter, try await endpoints())
    }

    /// RFC 9207 §2.4, UP-1, D-65: a response of another provider must not bring its code here.
    private func checkIssuerParameter(_ parameter: String?, _ endpoints: UpstreamEndpoints) throws(UpstreamError) {
        guard let parameter else {
            guard !endpoints.advertisesIssuerParameter else {
                throw UpstreamError(.invalidResponse, "the authorization response lacks iss")
            }
            return
        }
        let isExpected =
            if let openID {
                openID.rule.accepts(parameter: parameter)
            } else if let issuer = endpoints.issuer {
                parameter.hasSameBytes(as: issuer)
            } else {
                // Whoever does not know the provider's issuer cannot check it (RFC 9207 §2.4).
                true
            }
        guard isExpected else {
            throw UpstreamError(.invalidResponse, "the authorization response names another issuer")
        }
    }

    /// What the provider says of the user: ID token claims, a userinfo answer or the token answer.
    private func claims(
        of tokens: UpstreamTokenResponse,
        endpoints: UpstreamEndpoints,
        expecting expectation: IDTokenVerifier.Expectation
    ) async throws(UpstreamError) -> JSONObject {
        switch configuration.kind {
        case .openID:
            return try await openIDClaims(of: tokens, endpoints: endpoints, expecting: expectation)
        case .oauth2(let configured):
            switch configured.identity {
            case .userInfo(let mapping):
                return try await userInfo.object(at: mapping.endpoint, accessToken: tokens.accessToken)
            case .tokenResponse:
                return tokens.json.withoutTokens
            }
        }
    }

    private func openIDClaims(
        of tokens: UpstreamTokenResponse,
        endpoints: UpstreamEndpoints,
        expecting expectation: IDTokenVerifier.Expectation
    ) async throws(UpstreamError) -> JSONObject {
        guard let openID else { throw UpstreamError(.misconfigured, "the provider does not speak OpenID Connect") }
        guard let idToken = tokens.idToken else {
            throw UpstreamError(.invalidIDToken, "the token answer has no ID token")
        }
        var claims = try await openID.verifier.verifiedClaims(
            of: idToken,
            expecting: expectation,
            now: timeSource.now()
        )
        guard let url = endpoints.userInfo, asksUserInfo(claims) else { return claims }
        let more: JSONObject
        do {
            more = try await userInfo.object(at: url, accessToken: tokens.accessToken)
        } catch {
            // A claim that decides over the login may be what was not told: that is trouble, and no refusal.
            let decides = configuration.requiredClaims.contains { claims.value(at: $0.claim) == nil }
            guard configuration.behaviour.userInfoUse != .always, !decides else { throw error }
            logger.warning("userinfo failed; the login goes on", metadata: ["reason": .string(error.reason)])
            return claims
        }
        // OpenID Connect Core 1.0 §5.3.2: an answer about somebody else, for a token that was swapped on the way.
        guard let subject = more["sub"]?.stringValue, let expected = claims["sub"]?.stringValue,
            subject.hasSameBytes(as: expected)
        else { throw UpstreamError(.userInfoFailed, "the claim sub of userinfo is not the ID token's") }
        for member in more.members
        where claims[member.name] == nil && !UpstreamAuthentication.claimNames.contains(member.name) {
            claims[member.name] = member.value
        }
        return claims
    }

    private func asksUserInfo(_ claims: JSONObject) -> Bool {
        switch configuration.behaviour.userInfoUse {
        case .never: false
        case .always: true
        case .whenNameIsMissing:
            claims.firstText(at: configuration.behaviour.claimPaths.name) == nil
                || claims.firstText(at: configuration.behaviour.claimPaths.accountName) == nil
                || configuration.wantedClaims.contains { claims.value(at: $0) == nil }
        }
    }

    /// UP-4, D-64: on what the provider says, never on a hint.
    private func checkRequiredClaims(_ claims: JSONObject) throws(UpstreamError) {
        for requirement in configuration.requiredClaims {
            guard let value = claims.value(at: requirement.claim), requirement.accepts(value) else {
                throw UpstreamError(.notAdmitted, "the claim \(requirement.claim) is not one that is let in")
            }
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

    /// Where the account stands in what ``claims`` gives.
    var identityPaths: IdentityPaths {
        switch configuration.kind {
        case .openID: configuration.behaviour.claimPaths
        case .oauth2(let endpoints):
            switch endpoints.identity {
            case .userInfo(let mapping): mapping.paths
            case .tokenResponse(let paths): paths
            }
        }
    }

    private var userInfo: UserInfo {
        UserInfo(exchange: exchange, fields: configuration.behaviour.userInfoFields)
    }
}

extension UpstreamLogin {
    fileprivate init(
        tokens: UpstreamTokenResponse,
        clientID: String,
        claims: JSONObject,
        account: UpstreamAccount,
        authentication: UpstreamAuthentication,
        requestedScopes: ScopeSet
    ) {
        self.tokens = tokens
        self.clientID = clientID
        subject = account.subject
        accountName = account.accountName
        name = account.name
        verifiedEmail = account.verifiedEmail
        // RFC 6749 §5.1: absent means as requested.
        scopes = tokens.scopes ?? requestedScopes
        self.authentication = authentication
        self.claims = claims
        sessionID = claims["sid"]?.stringValue
        idTokenExpiry = tokens.idToken == nil ? nil : claims.date("exp")
    }
}

extension JSONObject {
    /// The object without its tokens, at every depth: claims are kept and shown, tokens are not.
    fileprivate var withoutTokens: JSONObject {
        JSONObject(
            members.lazy.filter { !$0.name.hasSuffix("token") && !$0.name.hasSuffix("secret") }
                .map { name, value in (name, value.objectValue.map { .object($0.withoutTokens) } ?? value) }
        )
    }
}
