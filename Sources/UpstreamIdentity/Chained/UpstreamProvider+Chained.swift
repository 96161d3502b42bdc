import Logging
package import OAuthProtocol

extension UpstreamProvider {
    /// How this provider's tokens follow from another one's; `nil` for one that users visit or enter credentials of.
    package var chained: ChainedServer? {
        if case .chained(let server) = configuration.kind { server } else { nil }
    }

    /// When a stored ID token of this provider ends; `nil` for a text that is none.
    package func expiry(ofStoredIDToken text: String) -> Timestamp? {
        claims(ofStoredIDToken: text)?.date("exp")
    }

    /// Where the metadata of an authorization server that no user visits is kept; `nil` for a provider of another kind.
    static func unvisitedEndpoints(
        _ configuration: UpstreamConfiguration,
        _ exchange: UpstreamExchange,
        timeSource: any TimeSource,
        logger: Logger
    ) -> CachedDocument<UpstreamEndpoints>? {
        guard let server = configuration.unvisitedServer else { return nil }
        let named = server.token.map { UpstreamEndpoints(issuer: server.issuer, authorization: "", token: $0) }
        let discovery = UpstreamDiscovery(
            exchange: exchange,
            rule: IssuerRule(configured: server.issuer ?? "", behaviour: UpstreamBehaviour()),
            overrides: UpstreamEndpointOverrides(),
            isOpenID: false,
            hasLogins: false
        )
        return CachedDocument(lifetimes: ProtectedServerDiscovery.lifetimes, timeSource: timeSource) {
            if let named { return .success(named) }
            do throws(UpstreamError) {
                return .success(try await discovery.endpoints())
            } catch {
                logger.warning(
                    "discovery at an authorization server failed",
                    metadata: ["detail": "\(error.reason)"]
                )
                return .failure(error.because(.discoveryFailed))
            }
        }
    }

    /// RFC 8693 §2.1: exchanges a user's ID token of this provider for an assertion at a foreign authorization server.
    ///
    /// - Parameters:
    ///   - server: The foreign authorization server.
    ///   - scopes: What the tokens there are to have; empty leaves it to the provider.
    ///   - idToken: The ID token, which was verified when it was stored.
    /// - Returns: The assertion, which names that server alone.
    /// - Throws: ``UpstreamError``; `invalidGrant` when the ID token is no longer accepted, `accessDenied` when the
    ///   provider's policy refuses the user.
    package func identityAssertion(
        for server: ForeignServer,
        scopes: ScopeSet,
        idToken: String
    ) async throws(UpstreamError) -> IdentityAssertion {
        var form = [
            ("grant_type", GrantType.tokenExchange.rawValue), ("requested_token_type", IdentityAssertion.tokenType),
            ("audience", server.issuer), ("resource", server.resource), ("subject_token", idToken),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:id_token"),
        ]
        if !scopes.isEmpty { form.append(("scope", scopes.text)) }
        return try IdentityAssertion(try await answer(to: form, withholding: idToken), for: server.issuer)
    }

    /// RFC 7523 §2.1: redeems an assertion at this foreign authorization server.
    ///
    /// - Returns: The answer, whose token is a bearer token.
    /// - Throws: ``UpstreamError``; `invalidGrant` when the assertion is not accepted.
    package func redeem(_ assertion: IdentityAssertion) async throws(UpstreamError) -> UpstreamTokenResponse {
        var form = [("grant_type", GrantType.jwtBearer.rawValue), ("assertion", assertion.text)]
        if !requestedScopes.isEmpty { form.append(("scope", requestedScopes.text)) }
        return try bearer(try await answer(to: form, withholding: assertion.text), receivedAt: timeSource.now())
    }

    /// The answer of this provider's token endpoint to our client, or to another client of ours there.
    ///
    /// - Throws: ``UpstreamError``, whose words do not repeat what was sent.
    func answer(
        to form: [(String, String)],
        as other: UpstreamClient? = nil,
        withholding secret: String? = nil
    ) async throws(UpstreamError) -> JSONObject {
        let endpoints = try await endpoints()
        let client = if let other { other } else { try await client() }
        try breaker.enter(now: timeSource.now())
        do {
            let json = try await tokenEndpoint.request(
                form,
                at: endpoints.token,
                client: client,
                endpoints: endpoints,
                now: timeSource.now()
            )
            breaker.leave(nil, now: timeSource.now())
            return json
        } catch {
            breaker.leave(error, now: timeSource.now())
            throw error.withholding([secret] + client.secretTexts)
        }
    }
}
