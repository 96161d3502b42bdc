import HTTPTypes
package import OAuthProtocol
package import OAuthState
import OpenSSLCrypto
import SocketHTTP

/// RFC 6749 §2.3: authenticates a client; the same code at the token, revocation and introspection endpoints (CA-6).
///
/// A class, so that a request hands on a reference and does not copy the collaborators.
package final class ClientAuthenticator: Sendable {
    private let clients: any ClientStore
    private let assertions: ClientAssertionVerifier
    private let operatorSecrets: [String: AcceptedSecrets]
    private let guesses: GuessLimit

    /// An authenticator over the registry; the secrets of pre-registered clients are those of the operator, by client
    /// id.
    package init(
        clients: any ClientStore,
        assertions: ClientAssertionVerifier,
        operatorSecrets: [String: AcceptedSecrets] = [:],
        guesses: GuessLimit
    ) {
        self.clients = clients
        self.assertions = assertions
        self.operatorSecrets = operatorSecrets
        self.guesses = guesses
    }

    /// The same with other clients and secrets, after a reload.
    func replacing(clients: any ClientStore, operatorSecrets: [String: AcceptedSecrets]) -> ClientAuthenticator {
        ClientAuthenticator(
            clients: clients,
            assertions: assertions,
            operatorSecrets: operatorSecrets,
            guesses: guesses
        )
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
    ///   `temporarily_unavailable` when a proof cannot be checked now, or must not be because the source has guessed
    ///   too often.
    package func authenticate(
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
            let undecoded = request.undecoded.map { (id: $0.clientID, secret: $0.secret) }
            return try await client(proving: secret, as: request.clientID, or: undecoded, .clientSecretBasic, context)
        case .post(let secret):
            return try await client(proving: secret, as: request.clientID, or: nil, .clientSecretPost, context)
        }
    }

    /// A client and the secret that a request may mean to present as the client's.
    private struct Candidate {
        let client: Client
        let registered: SHA256Digest
        /// N-3: the operator's secrets may have changed since the client was registered.
        let configured: AcceptedSecrets?
        let presented: SHA256Digest

        /// Whether the secret is the client's; every configured one is compared.
        var isRight: Bool {
            configured?.accepts(presented) ?? constantTimeEqual(presented.bytes, registered.bytes)
        }
    }

    // TK-15: a secret from a public client is refused. The readings of one header are one guess.
    private func client(
        proving secret: ClientSecret,
        as id: String?,
        or other: (id: String, secret: ClientSecret)?,
        _ method: TokenEndpointAuthenticationMethod,
        _ context: RequestContext
    ) async throws(OAuthError) -> Client {
        let first = try await candidate(id, secret, method)
        let second = other == nil ? nil : try await candidate(other?.id, other?.secret, method)
        guard let candidate = first ?? second else { throw Self.refusal }
        let another = first == nil ? nil : second
        let isSameClient = another.map { $0.client.id.hasSameBytes(as: candidate.client.id) } ?? false
        let isRight = try guesses.check(.client(id: candidate.client.id), context) {
            let isSecondRight = isSameClient && another?.isRight ?? false
            return candidate.isRight || isSecondRight
        }
        if isRight { return candidate.client }
        guard let another, !isSameClient,
            try guesses.check(.client(id: another.client.id), context, isRight: { another.isRight })
        else { throw Self.guess }
        return another.client
    }

    // Unknown clients cost the same work as known ones, so that the duration reveals nothing (D-43).
    private func candidate(
        _ id: String?,
        _ secret: ClientSecret?,
        _ method: TokenEndpointAuthenticationMethod
    ) async throws(OAuthError) -> Candidate? {
        guard let id, let secret else { return nil }
        let client = try await OAuthError.attempt(await clients.client(id))
        let presented = secret.hash
        guard let client, let registered = client.secretHash, client.authenticationMethods.contains(method) else {
            _ = constantTimeEqual(presented.bytes, Self.unknownClientHash.bytes)
            return nil
        }
        let configured = client.kind == .preRegistered ? operatorSecrets[client.id] : nil
        return Candidate(client: client, registered: registered, configured: configured, presented: presented)
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
            case .throttled(let error): throw error
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
