import HTTPTypes
import OAuthProtocol
package import OAuthState
import OpenSSLCrypto
import SocketHTTP

/// RFC 6749 §2.3: authenticates a client; the same code at the token, revocation and introspection endpoints (CA-6).
package struct ClientAuthenticator: Sendable {
    private let clients: any ClientStore
    private let assertions: ClientAssertionVerifier

    /// An authenticator over the registry.
    package init(clients: any ClientStore, assertions: ClientAssertionVerifier) {
        self.clients = clients
        self.assertions = assertions
    }

    /// Whether a request tries HTTP Basic, correctly or not: a 401 then names the scheme (RFC 6749 §5.2; TK-12).
    static func usesBasic(_ request: Request) -> Bool {
        request.values(of: .authorization).contains { header in
            header.prefix { $0 != " " }.lowercased() == "basic"
        }
    }

    /// Reads a request's client and proof.
    ///
    /// - Throws: `invalid_request` for contradictory credentials, `invalid_client` for unreadable ones.
    func read(_ request: Request, _ form: FormParameters) throws(OAuthError) -> ClientAuthenticationRequest {
        let headers = request.values(of: .authorization)
        guard headers.count <= 1 else { throw OAuthError(.invalidRequest, "more than one Authorization header") }
        do {
            return try ClientAuthenticationRequest(authorization: headers.first, form: form)
        } catch {
            switch error {
            case .contradictory(let reason): throw OAuthError(.invalidRequest, reason)
            case .unreadable(let reason): throw OAuthError(.invalidClient, reason)
            }
        }
    }

    /// The authenticated client of a request.
    ///
    /// - Throws: `invalid_client`, with one text for an unknown client and a wrong secret (D-43);
    ///   `temporarily_unavailable` when a proof cannot be checked now.
    func authenticate(
        _ request: ClientAuthenticationRequest,
        context: RequestContext
    ) async throws(OAuthError) -> Client {
        switch request.proof {
        case .assertion(let text):
            return try await client(asserting: text, naming: request.clientID, context: context)
        case .none:
            // A public client has no proof; PKCE and the refresh token protect it.
            guard let id = request.clientID, let client = try await OAuthError.attempt(await clients.client(id)),
                client.isPublic
            else {
                throw Self.refusal
            }
            return client
        case .basic(let secret):
            let decoded = request.clientID.map { (id: $0, secret: secret) }
            let undecoded = request.undecoded.map { (id: $0.clientID, secret: $0.secret) }
            return try await client(proving: [decoded, undecoded].compactMap(\.self), by: .clientSecretBasic)
        case .post(let secret):
            return try await client(
                proving: [request.clientID.map { (id: $0, secret: secret) }].compactMap(\.self),
                by: .clientSecretPost
            )
        }
    }

    // TK-15: a secret from a public client is refused. All readings are tried, and unknown clients cost the same work
    // as known ones, so that the duration reveals nothing (D-43).
    private func client(
        proving credentials: [(id: String, secret: ClientSecret)],
        by method: TokenEndpointAuthenticationMethod
    ) async throws(OAuthError) -> Client {
        var proven: Client?
        var isGuess = false
        for (id, secret) in credentials {
            let client = try await OAuthError.attempt(await clients.client(id))
            let isRight = secret.matches(client?.secretHash ?? Self.unknownClientHash)
            guard let client, client.secretHash != nil, client.authenticationMethods.contains(method) else { continue }
            isGuess = true
            if isRight { proven = proven ?? client }
        }
        guard let proven else { throw isGuess ? Self.guess : Self.refusal }
        return proven
    }

    // CA-1: the assertion names the client; `client_id` beside it is optional and must be the same.
    private func client(
        asserting text: String,
        naming claimedID: String?,
        context: RequestContext
    ) async throws(OAuthError) -> Client {
        let assertion: ClientAssertion
        do { assertion = try ClientAssertion(parsing: text) } catch { throw Self.refusal }
        guard claimedID.map({ $0.hasSameBytes(as: assertion.clientID) }) ?? true,
            assertion.clientID.utf8.count <= ClientAuthenticationRequest.clientIDByteCountMax,
            let client = try await OAuthError.attempt(await clients.client(assertion.clientID)),
            client.authenticationMethods.contains(.privateKeyJWT)
        else { throw Self.refusal }
        do {
            try await assertions.prove(assertion, of: client, context: context)
        } catch {
            switch error {
            case .notProven: throw Self.guess
            // Not 401: the client would drop its registration because of a temporary failure (TK-16).
            case .unavailable: throw .overloaded
            }
        }
        return client
    }

    private static let unknownClientHash = SHA256.hash("no client has this secret")

    // FD-8: 401 invalid_client makes Claude register again, so 429 must not replace it.
    private static let refusal = OAuthError(.invalidClient, "client authentication failed")
    private static let guess = OAuthError.guess(refusal.code, refusal.description)
}
