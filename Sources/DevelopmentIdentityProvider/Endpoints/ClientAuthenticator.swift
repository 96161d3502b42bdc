import HTTPTypes
import OAuthProtocol
import OpenSSLCrypto
import SocketHTTP

/// Identifies and authenticates the client of a request to the token or revocation endpoint.
///
/// RFC 6749 §2.3, RFC 7523 §2.2.
struct ClientAuthenticator: Sendable {
    let context: ProviderContext
    /// Whether the credentials of HTTP Basic are taken as they are, without decoding them.
    var takesRawCredentials = false

    /// The id of the client, after its proof was verified.
    func clientID(of request: Request, form: FormParameters) async throws(OAuthError) -> String {
        let authentication = try read(request, form)
        let id = if let id = authentication.clientID { id } else { try assertedClientID(authentication.proof) }
        guard let client = await context.state.client(id) else {
            if case .any = context.configuration.clients { return id }
            throw OAuthError(.invalidClient, "the client is not registered")
        }
        try await check(authentication.proof, of: client)
        return id
    }

    private func read(
        _ request: Request,
        _ form: FormParameters
    ) throws(OAuthError) -> ClientAuthenticationRequest {
        do throws(ClientAuthenticationRequest.Refusal) {
            let sent = request[.authorization]
            let authorization = takesRawCredentials ? sent.map(Self.encoded) : sent
            return try ClientAuthenticationRequest(authorization: authorization, form: form)
        } catch {
            switch error {
            case .contradictory(let reason): throw OAuthError(.invalidRequest, reason)
            case .unreadable(let reason): throw OAuthError(.invalidClient, reason)
            }
        }
    }

    // What a decoding reader takes for the credentials as they were sent.
    private static func encoded(_ authorization: String) -> String {
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "basic", let bytes = Base64.decode(Array(parts[1].utf8).span)
        else {
            return authorization
        }
        let pair = String(decoding: bytes, as: UTF8.self).split(
            separator: ":",
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        guard pair.count == 2 else { return authorization }
        let text = PercentEncoding.encode(String(pair[0])) + ":" + PercentEncoding.encode(String(pair[1]))
        return "Basic " + Base64.encode(Array(text.utf8))
    }

    private func check(
        _ proof: ClientAuthenticationRequest.Proof,
        of client: DevelopmentClient
    ) async throws(OAuthError) {
        let isProven: Bool
        switch (client.authentication, proof) {
        case (.none, .none): isProven = true
        case (.secret(let secret), .basic(let sent)), (.secret(let secret), .post(let sent)),
            (.secretBasic(let secret), .basic(let sent)), (.secretPost(let secret), .post(let sent)):
            isProven = constantTimeEqual(Array(secret.utf8), Array(sent.wireValue.utf8))
        case (.signedSecret(let keys, let issuer), .post(let sent)):
            let claims = try verified(sent.wireValue, keys: keys)
            isProven =
                claims.issuer == issuer && claims.subject == client.id && claims.audience == [context.issuer]
        case (.privateKey(let keys), .assertion(let assertion)):
            try await check(assertion, of: client.id, keys: keys)
            isProven = true
        default: isProven = false
        }
        guard isProven else { throw OAuthError(.invalidClient, "the client's proof is wrong, or not the required one") }
    }

    // MARK: RFC 7523: assertions

    private func verified(_ assertion: String, keys: JSONWebKeySet) throws(OAuthError) -> RegisteredClaims {
        do {
            let verified = try JSONWebToken.verified(
                assertion,
                keys: keys,
                algorithms: Set(SignatureAlgorithm.allCases),
                types: [nil, "jwt", "client-authentication+jwt"]
            )
            let claims = try RegisteredClaims(verified)
            try claims.checkDates(now: context.now, clockSkewSeconds: 0)
            return claims
        } catch {
            throw OAuthError(.invalidClient, "the assertion is not valid: \(error)")
        }
    }

    private func check(_ assertion: String, of id: String, keys: JSONWebKeySet) async throws(OAuthError) {
        let claims = try verified(assertion, keys: keys)
        guard claims.issuer == id, claims.subject == id else {
            throw OAuthError(.invalidClient, "iss and sub of the assertion must be the client")
        }
        let audiences = [context.issuer, context.url(of: .token), context.url(of: .oauth2Token)]
        guard claims.audience.count == 1, audiences.contains(claims.audience[0]) else {
            throw OAuthError(.invalidClient, "the assertion is for another audience")
        }
        // RFC 7523 §3: an intercepted assertion must not work again.
        guard let tokenID = claims.tokenID,
            await context.state.consumeAssertion("\(id) \(tokenID)", now: context.now)
        else { throw OAuthError(.invalidClient, "the assertion has no jti or was used before") }
    }

    private func assertedClientID(_ proof: ClientAuthenticationRequest.Proof) throws(OAuthError) -> String {
        guard case .assertion(let assertion) = proof else {
            throw OAuthError(.invalidClient, "client authentication is required")
        }
        do {
            let claims = try JSONWebToken.unverifiedClaims(of: CompactJWS(parsing: assertion))
            if let id = claims["sub"]?.stringValue { return id }
        } catch {
            throw OAuthError(.invalidClient, "the assertion is not valid: \(error)")
        }
        throw OAuthError(.invalidClient, "the assertion has no sub")
    }
}
