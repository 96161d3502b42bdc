import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP

/// RFC 6749 §3.2: requests to a provider's token endpoint.
struct TokenEndpoint: Sendable {
    let exchange: UpstreamExchange
    let behaviour: UpstreamBehaviour
    let random: any RandomSource

    /// Authenticates our client.
    func authenticator(_ client: UpstreamClient) -> UpstreamClientAuthenticator {
        UpstreamClientAuthenticator(
            clientID: client.id,
            secret: client.secret,
            method: client.authentication,
            assertionAudience: behaviour.assertionAudience,
            random: random
        )
    }

    /// RFC 6749 §4.1.3, RFC 7636 §4.5: redeems a code.
    func redeem(
        code: String,
        verifier: CodeVerifier,
        callbackURL: String,
        client: UpstreamClient,
        endpoints: UpstreamEndpoints,
        now: Timestamp
    ) async throws(UpstreamError) -> UpstreamTokenResponse {
        let form = [
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", callbackURL),
            ("code_verifier", verifier.value),
        ]
        let json = try await request(form, client: client, endpoints: endpoints, now: now)
        return try UpstreamTokenResponse(json, behaviour: behaviour, layout: behaviour.tokenLayout, receivedAt: now)
    }

    /// RFC 6749 §6: redeems a refresh token.
    func refresh(
        refreshToken: String,
        scopes: ScopeSet?,
        client: UpstreamClient,
        endpoints: UpstreamEndpoints,
        now: Timestamp
    ) async throws(UpstreamError) -> UpstreamTokenResponse {
        var form = [("grant_type", "refresh_token"), ("refresh_token", refreshToken)]
        if let scopes, !scopes.isEmpty {
            form.append(("scope", scopes.tokens.joined(separator: behaviour.scopeSeparator)))
        }
        let json = try await request(form, client: client, endpoints: endpoints, now: now)
        return try UpstreamTokenResponse(json, behaviour: behaviour, layout: behaviour.refreshLayout, receivedAt: now)
    }

    private func request(
        _ form: [(String, String)],
        client: UpstreamClient,
        endpoints: UpstreamEndpoints,
        now: Timestamp
    ) async throws(UpstreamError) -> JSONObject {
        let proof = try authenticator(client).proof(for: endpoints, now: now)
        let response = try await exchange.post(
            endpoints.token,
            form: form + proof.form,
            headerFields: proof.headerFields
        )
        return try UpstreamAnswer.object(of: response)
    }
}

/// Reads answers in the form of RFC 6749 §5, and in the dialects of it.
enum UpstreamAnswer {
    /// The JSON object of a successful answer.
    ///
    /// - Throws: ``UpstreamError`` for an error answer of any status: GitHub and Slack report errors with 200.
    static func object(of response: OutboundResponse) throws(UpstreamError) -> JSONObject {
        let json = readObject(response)
        let error = json?.firstText(at: ["error"])
        if let error {
            throw UpstreamError(providerError: error, status: response.status, retryAfter: response.retryAfter)
        }
        guard response.status == 200 || response.status == 201 else {
            throw UpstreamError(status: response.status, retryAfter: response.retryAfter)
        }
        guard let json else {
            // A success that cannot be read may have used up the refresh token.
            throw UpstreamError(.invalidResponse, "the provider's answer is not a JSON object", isOutcomeUnknown: true)
        }
        guard json["ok"] != false else {
            throw UpstreamError(.invalidResponse, "the provider answered ok: false")
        }
        return json
    }

    /// A body of JSON, or of a form from a provider that ignores `Accept`; `nil` for anything else.
    static func readObject(_ response: OutboundResponse) -> JSONObject? {
        if response.mediaType == "application/x-www-form-urlencoded" {
            // The reason why an answer is unreadable adds nothing.
            guard let form = try? FormParameters(parsing: response.body), form.duplicatedNames.isEmpty else {
                return nil
            }
            return JSONObject(form.names.map { name in (name, .string(form.values(name).first ?? "")) })
        }
        // As above.
        return try? JSONParser.parseObject(response.body)
    }
}
