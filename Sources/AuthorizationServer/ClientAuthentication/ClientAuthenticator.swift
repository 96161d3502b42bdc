import HTTPTypes
import OAuthProtocol
package import OAuthState
import OpenSSLCrypto
import SocketHTTP

/// RFC 6749 §2.3: proves who a client is; the same code at the token, revocation and introspection endpoints (CA-6).
package struct ClientAuthenticator: Sendable {
    private let clients: any ClientStore
    private let assertions: ClientAssertionVerifier

    /// An authenticator over the registry.
    package init(clients: any ClientStore, assertions: ClientAssertionVerifier) {
        self.clients = clients
        self.assertions = assertions
    }

    /// Whether a request tries HTTP Basic, well or badly: a 401 then names the scheme (RFC 6749 §5.2; TK-12).
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

    /// The client that a request proved to be.
    ///
    /// - Throws: `invalid_client`, with one text for an unknown client and a wrong secret (D-43);
    ///   `temporarily_unavailable` when a proof cannot be checked now.
    func authenticate(
        _ request: ClientAuthenticationRequest,
        context: RequestContext
    ) async throws(OAuthError) -> Client {
        if case .assertion(let text) = request.proof {
            return try await client(asserting: text, naming: request.clientID, context: context)
        }
        guard let id = request.clientID, let client = await clients.client(id) else {
            // The same work as for a known client, so that time does not tell them apart.
            if case .basic(let secret) = request.proof { _ = secret.matches(Self.unknownClientHash) }
            if case .post(let secret) = request.proof { _ = secret.matches(Self.unknownClientHash) }
            throw Self.refusal
        }
        guard isProven(client, by: request) else { throw Self.refusal }
        return client
    }

    private func isProven(_ client: Client, by request: ClientAuthenticationRequest) -> Bool {
        switch request.proof {
        case .none:
            // A public client proves nothing here; PKCE and the refresh token do (TK-15: a secret sent is refused).
            client.authenticationMethods.contains(.none)
        case .basic(let secret):
            client.authenticationMethods.contains(.clientSecretBasic)
                && [secret, request.unencodedSecret].contains { secret in
                    secret.flatMap { secret in client.secretHash.map(secret.matches) } ?? false
                }
        case .post(let secret):
            client.authenticationMethods.contains(.clientSecretPost) && (client.secretHash.map(secret.matches) ?? false)
        case .assertion:
            false
        }
    }

    // CA-1: the assertion names the client; `client_id` beside it is optional and must say the same.
    private func client(
        asserting text: String,
        naming claimedID: String?,
        context: RequestContext
    ) async throws(OAuthError) -> Client {
        let assertion: ClientAssertion
        do { assertion = try ClientAssertion(parsing: text) } catch { throw Self.refusal }
        guard claimedID.map({ $0.hasSameBytes(as: assertion.clientID) }) ?? true,
            assertion.clientID.utf8.count <= ClientAuthenticationRequest.clientIDByteCountMax,
            let client = await clients.client(assertion.clientID),
            client.authenticationMethods.contains(.privateKeyJWT)
        else { throw Self.refusal }
        do {
            try await assertions.prove(assertion, of: client, context: context)
        } catch {
            switch error {
            case .notProven: throw Self.refusal
            // Not 401: the client would drop its registration for a moment's trouble (TK-16).
            case .unavailable: throw .overloaded
            }
        }
        return client
    }

    private static let unknownClientHash = SHA256.hash("no client has this secret")

    // 0.8: 401 invalid_client is what makes Claude register again.
    private static let refusal = OAuthError.guess(.invalidClient, "client authentication failed")
}
