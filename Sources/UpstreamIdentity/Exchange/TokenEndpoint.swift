import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP

/// RFC 6749 §3.2: requests to a provider's token endpoint.
struct TokenEndpoint: Sendable {
    let exchange: UpstreamExchange
    let behaviour: UpstreamBehaviour
    let random: any RandomSource
    /// RFC 8707 §2: the protected server that the tokens are for; `nil` sends no `resource`.
    var resource: String?

    /// Authenticates our client.
    func authenticator(_ client: UpstreamClient) -> UpstreamClientAuthenticator {
        UpstreamClientAuthenticator(
            clientID: client.id,
            secret: client.secret,
            method: client.authentication,
            assertionAudience: behaviour.assertionAudience,
            assertionUse: behaviour.assertionUse,
            assertionIssuer: behaviour.assertionIssuer,
            basicEncoding: behaviour.basicEncoding,
            random: random
        )
    }

    /// RFC 6749 §4.1.3, RFC 7636 §4.5: redeems a code.
    func redeem(
        code: String,
        verifier: CodeVerifier,
        callbackURL: String,
        requestedScopes: ScopeSet,
        client: UpstreamClient,
        endpoints: UpstreamEndpoints,
        now: Timestamp
    ) async throws(UpstreamError) -> UpstreamTokenResponse {
        var form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", callbackURL)]
        if behaviour.proofKey == .s256 { form.append(("code_verifier", verifier.value)) }
        if let resource { form.append(("resource", resource)) }
        let json = try await request(form, at: endpoints.token, client: client, endpoints: endpoints, now: now)
        let reading = UpstreamTokenResponse.Reading(
            behaviour: behaviour,
            layouts: [behaviour.tokenLayout] + (behaviour.otherTokenLayout.map { [$0] } ?? []),
            requestedScopes: requestedScopes
        )
        return try Self.read(json, reading, receivedAt: now)
    }

    /// RFC 6749 §6: redeems a refresh token.
    func refresh(
        refreshToken: String,
        scopes: ScopeSet?,
        requestedScopes: ScopeSet,
        client: UpstreamClient,
        endpoints: UpstreamEndpoints,
        now: Timestamp
    ) async throws(UpstreamError) -> UpstreamTokenResponse {
        var form = [("grant_type", "refresh_token"), ("refresh_token", refreshToken)]
        if let scopes, !scopes.isEmpty {
            form.append(("scope", scopes.tokens.joined(separator: behaviour.scopeSeparator)))
        }
        if let resource { form.append(("resource", resource)) }
        let url = endpoints.refresh ?? endpoints.token
        let json = try await request(form, at: url, client: client, endpoints: endpoints, now: now)
        let reading = UpstreamTokenResponse.Reading(
            behaviour: behaviour,
            // Only the user's refresh token was sent, so a token in the usual place is the user's.
            layouts: [behaviour.refreshLayout] + (behaviour.otherTokenLayout.map { [$0] } ?? [])
                + [TokenResponseLayout()],
            requestedScopes: requestedScopes,
            hasRefreshToken: true
        )
        return try Self.read(json, reading, receivedAt: now)
    }

    // Some providers refuse under 200 without a member `error`: what they say must reach the log and the rules for dead
    // grants.
    private static func read(
        _ json: JSONObject,
        _ reading: UpstreamTokenResponse.Reading,
        receivedAt: Timestamp
    ) throws(UpstreamError) -> UpstreamTokenResponse {
        do {
            return try UpstreamTokenResponse(json, reading, receivedAt: receivedAt)
        } catch {
            let words = ProviderWords(status: 200, json: json)
            throw words.error == nil ? error : error.saying(words)
        }
    }

    /// The answer to an authenticated request.
    ///
    /// N-3: the newest secret first. A provider that refuses it may not know it yet, and has used nothing up by that.
    func request(
        _ form: [(String, String)],
        at url: String,
        client: UpstreamClient,
        endpoints: UpstreamEndpoints,
        now: Timestamp
    ) async throws(UpstreamError) -> JSONObject {
        var client = client
        while true {
            do {
                return try await attempt(form, at: url, client: client, endpoints: endpoints, now: now)
            } catch {
                guard error.code == .invalidClient, let older = client.withOlderSecret else { throw error }
                client = older
            }
        }
    }

    private func attempt(
        _ form: [(String, String)],
        at url: String,
        client: UpstreamClient,
        endpoints: UpstreamEndpoints,
        now: Timestamp
    ) async throws(UpstreamError) -> JSONObject {
        let authenticator = authenticator(client)
        let proof = try authenticator.proof(for: endpoints, now: now)
        let response = try await exchange.post(
            url,
            form: form + proof.form,
            format: behaviour.tokenRequestFormat,
            headerFields: proof.headerFields
        )
        do {
            return try UpstreamAnswer.object(of: response)
        } catch {
            guard error.code == .invalidClient, let hint = authenticator.hint(about: proof) else { throw error }
            var hinted = UpstreamError(error.code, error.reason + hint, isOutcomeUnknown: error.isOutcomeUnknown)
            hinted.words = error.words
            hinted.remark = error.remark
            hinted.closerReason = error.closerReason
            throw hinted
        }
    }
}

/// Reads answers in the form of RFC 6749 §5, and in the dialects of it.
enum UpstreamAnswer {
    /// The JSON object of a successful answer.
    ///
    /// - Throws: ``UpstreamError`` for an error answer of any status: GitHub and Slack report errors with 200.
    static func object(of response: OutboundResponse) throws(UpstreamError) -> JSONObject {
        let json = readObject(response)
        let error = json?.firstText(at: ["error"]) ?? json.flatMap { knownError(in: $0, status: response.status) }
        let words = ProviderWords(status: response.status, json: json)
        if let error {
            var refusal = UpstreamError(providerError: error, status: response.status, retryAfter: response.retryAfter)
                .saying(words)
            refusal.remark = json.flatMap { EntraRemark($0) }
            throw refusal
        }
        guard response.status == 200 || response.status == 201 else {
            throw UpstreamError(status: response.status, retryAfter: response.retryAfter).saying(words)
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

    /// A known error value in another member of an answer that is no success: `{"error": {"code": "invalid_grant"}}`.
    private static func knownError(in json: JSONObject, status: Int) -> String? {
        guard status >= 400 else { return nil }
        return json.firstText(at: ["error.code", "error.type", "error_code", "errorCode", "code"]).flatMap { value in
            UpstreamErrorCodes.meaning(of: value) == nil ? nil : value
        }
    }

    /// A body of JSON, or of a form from a provider that ignores `Accept`; `nil` for anything else.
    ///
    /// The content decides, because providers label either of them `text/plain` or `text/html`.
    static func readObject(_ response: OutboundResponse) -> JSONObject? {
        let space: [UInt8] = [0x20, 0x09, 0x0A, 0x0D]
        var text = response.body.withoutByteOrderMark[...].drop(while: space.contains)
        while let last = text.last, space.contains(last) { text.removeLast() }
        let (body, first) = (Array(text), text.first)
        switch first {
        case UInt8(ascii: "{"):
            // The reason why an answer is unreadable adds nothing.
            return try? JSONParser.parseObject(body)
        case nil, UInt8(ascii: "<"), UInt8(ascii: "["), UInt8(ascii: "\""):
            return nil
        default:
            // As above. What has none of a token answer's names is some other text.
            guard let form = try? FormParameters(parsing: body), form.duplicatedNames.isEmpty,
                response.mediaType == "application/x-www-form-urlencoded"
                    || form.names.contains(where: { ["access_token", "error"].contains($0) })
            else { return nil }
            return JSONObject(form.names.map { name in (name, .string(form.values(name).first ?? "")) })
        }
    }
}
