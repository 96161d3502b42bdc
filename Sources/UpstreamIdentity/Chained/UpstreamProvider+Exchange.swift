import OAuthProtocol

/// Exchanges at the identity provider itself: its tokens for tokens of its own with another audience.
extension UpstreamProvider {
    /// Exchanges a user's token of this provider for one of a chained upstream.
    ///
    /// The client is the chained upstream's own where it has one, otherwise ours at this provider.
    ///
    /// - Parameters:
    ///   - token: The user's access token or ID token, as ``ChainedServer/subject`` says.
    ///   - chained: The upstream that the new token belongs to.
    /// - Returns: The answer, whose token is a bearer token.
    /// - Throws: ``UpstreamError``; `invalidGrant` when a login would help, with ``UpstreamError/remark`` of what it
    ///   needs; `accessDenied` when the provider's policy refuses the user.
    package func exchanged(
        _ token: String,
        for chained: UpstreamProvider
    ) async throws(UpstreamError) -> UpstreamTokenResponse {
        guard let chain = chained.chained else { throw UpstreamError(.misconfigured, "the upstream is not chained") }
        var form: [(String, String)]
        switch chain.exchange {
        case .identityAssertion: throw UpstreamError(.misconfigured, "the token comes from another server")
        case .tokenExchange(let target): form = target.form(presenting: token)
        case .onBehalfOf:
            form = [
                ("grant_type", GrantType.jwtBearer.rawValue), ("assertion", token),
                ("requested_token_use", "on_behalf_of"),
            ]
        }
        let scopes = chained.requestedScopes
        if !scopes.isEmpty {
            form.append(("scope", scopes.tokens.joined(separator: configuration.behaviour.scopeSeparator)))
        }
        let json: JSONObject
        do {
            json = try await answer(to: form, as: chained.clients.known, withholding: token)
        } catch {
            throw chain.exchange == .onBehalfOf ? error.onBehalfOf : error
        }
        try chain.checkType(of: json)
        return try chained.bearer(json, receivedAt: timeSource.now())
    }
}

extension ExchangeTarget {
    /// RFC 8693 §2.1.
    fileprivate func form(presenting token: String) -> [(String, String)] {
        var form = [
            ("grant_type", GrantType.tokenExchange.rawValue), ("subject_token", token),
            ("subject_token_type", subject.type), ("requested_token_type", SubjectTokenKind.accessToken.type),
        ]
        if let audience { form.append(("audience", audience)) }
        if let resource { form.append(("resource", resource)) }
        return form
    }
}

extension ChainedServer {
    /// RFC 8693 §2.2.1: what is no access token must not be sent as one; a JWT can be one.
    fileprivate func checkType(of json: JSONObject) throws(UpstreamError) {
        guard case .tokenExchange = exchange, let type = json["issued_token_type"]?.stringValue else { return }
        guard [SubjectTokenKind.accessToken.type, "urn:ietf:params:oauth:token-type:jwt"].contains(type) else {
            throw UpstreamError(.invalidResponse, "the identity provider issued something else than an access token")
        }
    }
}
