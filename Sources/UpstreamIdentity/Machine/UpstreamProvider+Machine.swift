import OAuthProtocol

extension UpstreamProvider {
    /// The operator's own connection that this provider is; `nil` for one whose tokens belong to users.
    package var machine: MachineConnection? {
        if case .machine(let machine) = configuration.kind { machine } else { nil }
    }

    /// Whether users connect it: not what follows from another upstream, and not what belongs to the operator.
    package var isConnectable: Bool { chained == nil && machine == nil }

    /// What answers and records name as the account of the operator's own connection; `nil` for any other.
    package var machineAccount: String? {
        switch machine {
        case nil: nil
        case .client: configuration.clientID ?? clients.known?.id
        case .installation(let installation): installation.id
        }
    }

    /// Asks for the operator's own token.
    ///
    /// - Returns: The answer, whose token is a bearer token; without a refresh token, because it is asked for anew.
    /// - Throws: ``UpstreamError``; a definite refusal concerns the operator and no user.
    package func machineToken() async throws(UpstreamError) -> UpstreamTokenResponse {
        switch machine {
        case .client(let client): return try await token(of: client)
        case .installation(let installation): return try await token(of: installation)
        case nil: throw UpstreamError(.misconfigured, "this upstream is not the operator's own")
        }
    }

    /// RFC 6749 §4.4.2.
    private func token(of client: MachineClient) async throws(UpstreamError) -> UpstreamTokenResponse {
        var form = [("grant_type", "client_credentials")]
        if !requestedScopes.isEmpty {
            form.append(("scope", requestedScopes.tokens.joined(separator: configuration.behaviour.scopeSeparator)))
        }
        if let resource = client.resource { form.append(("resource", resource)) }
        if let audience = client.audience { form.append(("audience", audience)) }
        return try bearer(try await answer(to: form), receivedAt: timeSource.now())
    }

    /// RFC 6749 §7.1: reads an answer whose token must be a bearer token, because a token of an unknown type must not
    /// be used.
    func bearer(_ json: JSONObject, receivedAt now: Timestamp) throws(UpstreamError) -> UpstreamTokenResponse {
        let reading = UpstreamTokenResponse.Reading(
            behaviour: configuration.behaviour,
            layouts: [configuration.behaviour.tokenLayout],
            requestedScopes: requestedScopes
        )
        let response = try UpstreamTokenResponse(json, reading, receivedAt: now)
        if let type = response.tokenType,
            !BearerTokenType.accepts(type, further: configuration.behaviour.bearerTokenTypes)
        {
            throw UpstreamError(.invalidResponse, "the access token is not a bearer token")
        }
        return response
    }
}
