import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// RFC 6749 §2.3 and §3.2: the common part of the token, revocation and introspection endpoints: reading a form,
/// authenticating its client, and refusing (CA-6).
package struct ClientRequests: Sendable {
    private let authenticator: ClientAuthenticator
    private let failures: FailureLimit

    /// Requests whose clients `authenticator` knows, and whose guesses `failures` counts.
    package init(authenticator: ClientAuthenticator, failures: FailureLimit) {
        self.authenticator = authenticator
        self.failures = failures
    }

    /// The form of a request, in which no parameter is repeated that must not be (D-9).
    func form(_ request: Request) throws(OAuthError) -> FormParameters {
        try FormBody.parse(request)
    }

    /// The client that sent a form.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - form: Its form.
    ///   - context: The request's time and source.
    ///   - needsProof: Whether to refuse public clients too, which have no proof.
    /// - Returns: The client.
    /// - Throws: `invalid_client` when it is unknown or not authenticated.
    func client(
        _ request: Request,
        _ form: FormParameters,
        _ context: RequestContext,
        needsProof: Bool = false
    ) async throws(OAuthError) -> Client {
        let authentication = try authenticator.read(request, form)
        if needsProof, case .none = authentication.proof {
            throw OAuthError(.invalidClient, "client authentication is required")
        }
        return try await authenticator.authenticate(authentication, context: context)
    }

    /// The client of a request whose body is no form: by HTTP Basic, or by an assertion as a bearer token (RFC 7523
    /// §2.2 has a place for it in forms only).
    ///
    /// - Throws: `invalid_client` for a client that is unknown, not authenticated, or public.
    func client(inHeaderOf request: Request, _ context: RequestContext) async throws(OAuthError) -> Client {
        guard let assertion = BearerToken.read(request) else {
            return try await client(request, FormParameters([]), context, needsProof: true)
        }
        let authentication: ClientAuthenticationRequest
        do throws(ClientAuthenticationRequest.Refusal) {
            authentication = try ClientAuthenticationRequest(
                authorization: nil,
                form: FormParameters([
                    ("client_assertion_type", ClientAuthenticationRequest.assertionType),
                    ("client_assertion", assertion),
                ])
            )
        } catch {
            throw OAuthError(.invalidClient, "the client assertion is unreadable")
        }
        return try await authenticator.authenticate(authentication, context: context)
    }

    /// Whether a request names a client, or tries to authenticate one, in any way: then the client must be right.
    func namesClient(_ request: Request, _ form: FormParameters) -> Bool {
        let fields = ["client_id", "client_secret", "client_assertion", "client_assertion_type"]
        return !request.values(of: .authorization).isEmpty || fields.contains { !form.values($0).isEmpty }
    }

    /// The answer to a failed request: 429 for a guess too many, and a challenge for a client that tried Basic (TK-12).
    func refusal(
        _ error: OAuthError,
        _ request: Request,
        _ context: RequestContext
    ) async -> (error: OAuthError, response: Response) {
        let error = await failures.throttling(error, context: context)
        return (error, .error(error, basicChallenge: Self.usesBasic(request)))
    }

    /// Whether a request tries HTTP Basic, correctly or not: a 401 then names the scheme (RFC 6749 §5.2; TK-12).
    private static func usesBasic(_ request: Request) -> Bool {
        request.values(of: .authorization).contains { header in
            header.prefix { $0 != " " }.lowercased() == "basic"
        }
    }
}
