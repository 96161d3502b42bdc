import OAuthProtocol
import OutboundHTTP

/// RFC 7009: Token Revocation, and the providers' own forms of it.
extension UpstreamProvider {
    /// Revokes a token at the provider; a token that is no longer valid counts as revoked.
    ///
    /// - Parameters:
    ///   - token: The token.
    ///   - hint: The kind of the token.
    /// - Returns: Whether the provider revokes such tokens.
    /// - Throws: ``UpstreamError`` when the token may still be valid there.
    package func revoke(
        token: String,
        hint: UpstreamTokenHint
    ) async throws(UpstreamError) -> UpstreamRevocationResult {
        // What a user entered is ended by that user, at the provider.
        guard enteredCredential == nil else { return .notOffered }
        let endpoints = try await endpoints()
        guard let client = clients.known else {
            throw UpstreamError(.misconfigured, "no client is registered at the provider")
        }
        guard let url = endpoints.revocation(clientID: client.id) else { return .notOffered }
        let authenticator = tokenEndpoint.authenticator(client)
        switch (configuration.behaviour.revocation, hint) {
        case (.standard, _): return try await revokeByForm(token, hint, at: url, endpoints, authenticator)
        case (.deleteWithJSON, .accessToken): return try await revokeByDeletion(token, at: url, authenticator)
        case (.bearer, .accessToken): return try await revokeByBearer(token, at: url)
        case (.deleteWithJSON, .refreshToken), (.bearer, .refreshToken): return .notOffered
        }
    }

    /// RFC 7009 §2.
    private func revokeByForm(
        _ token: String,
        _ hint: UpstreamTokenHint,
        at url: String,
        _ endpoints: UpstreamEndpoints,
        _ authenticator: UpstreamClientAuthenticator
    ) async throws(UpstreamError) -> UpstreamRevocationResult {
        let proof = try authenticator.proof(for: endpoints, now: timeSource.now())
        let response = try await exchange.post(
            url,
            form: [("token", token), ("token_type_hint", hint.rawValue)] + proof.form,
            format: configuration.behaviour.tokenRequestFormat,
            headerFields: proof.headerFields
        )
        // RFC 7009 §2.2: the body of a success has no meaning.
        guard response.status != 200 else { return .revoked }
        return try result(of: response)
    }

    /// GitHub: `DELETE /applications/{client_id}/token`.
    private func revokeByDeletion(
        _ token: String,
        at url: String,
        _ authenticator: UpstreamClientAuthenticator
    ) async throws(UpstreamError) -> UpstreamRevocationResult {
        let proof = try authenticator.basicProof()
        let body: JSONObject = ["access_token": .string(token)]
        let response = try await exchange.send(
            method: "DELETE",
            url: url,
            headerFields: proof.headerFields + [("Content-Type", "application/json")]
                + configuration.behaviour.userInfoFields.map { ($0.name, $0.value) },
            body: body.serialized()
        )
        // 404: no such token exists, or no longer.
        guard response.status != 204, response.status != 404 else { return .revoked }
        return try result(of: response)
    }

    /// Slack: `auth.revoke`, authorized by the token itself.
    private func revokeByBearer(_ token: String, at url: String) async throws(UpstreamError) -> UpstreamRevocationResult
    {
        let response = try await exchange.post(url, form: [], headerFields: [("Authorization", "Bearer " + token)])
        if response.status == 200, let json = UpstreamAnswer.readObject(response), json["ok"] == true {
            return .revoked
        }
        return try result(of: response)
    }

    /// The meaning of an answer that is not a plain success.
    private func result(of response: OutboundResponse) throws(UpstreamError) -> UpstreamRevocationResult {
        guard let value = UpstreamAnswer.readObject(response)?.firstText(at: ["error"]) else {
            throw UpstreamError(status: response.status, retryAfter: response.retryAfter)
        }
        // RFC 7009 §2.2.1.
        if value == "unsupported_token_type" { return .notOffered }
        let error = UpstreamError(providerError: value, status: response.status, retryAfter: response.retryAfter)
        // Google sends `invalid_token`, Slack `token_revoked`: the token is revoked already.
        guard error.isTerminal else { throw error }
        return .revoked
    }
}

extension UpstreamEndpoints {
    /// The revocation endpoint, with our client id in its path if needed.
    func revocation(clientID: String) -> String? {
        guard let revocation else { return nil }
        let marker = "{client_id}"
        var text = ""
        var rest = revocation[...]
        while let brace = rest.firstIndex(of: "{") {
            text += rest[..<brace]
            rest = rest[brace...]
            guard rest.hasPrefix(marker) else { break }
            text += PercentEncoding.encode(clientID)
            rest = rest.dropFirst(marker.count)
        }
        return text + rest
    }
}
