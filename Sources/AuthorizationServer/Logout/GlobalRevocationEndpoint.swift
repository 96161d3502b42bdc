import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import SocketHTTP
import UpstreamIdentity

/// Global Token Revocation (draft-parecki-oauth-global-token-revocation): an identity provider ends everything that one
/// of its users has here, such as when the person leaves.
///
/// The provider shows the token that its upstream is configured with, or signs a JWT, and can name its own accounts
/// only. Sessions, codes and logins of the user end before the answer, and logins of browsers, so that nothing begins
/// again without the provider. Connections remain: they give access to nothing without a session.
struct GlobalRevocationEndpoint: Endpoint {
    let upstreams: UpstreamDirectory
    /// The accepted tokens by the upstream's name.
    let secrets: [String: AcceptedSecrets]
    let signers: GlobalRevocationSigners
    let subjects: RevokedSubjects
    let endings: SessionEndings
    let guesses: GuessLimit

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            guard let text = BearerToken.read(request) else {
                throw OAuthError(.invalidToken, "the token of an identity provider is required")
            }
            let isKnown: Bool
            if GlobalRevocationSigners.isSigned(text) {
                let signed = try await signers.verified(text, context)
                let identifier = try Self.identifier(request)
                isKnown = try await signers.once(signed, context) { () throws(OAuthError) in
                    try await end(identifier, at: signed.providers, context)
                }
            } else {
                let providers = try callers(text, context)
                isKnown = try await end(try Self.identifier(request), at: providers, context)
            }
            guard isKnown else { return .json(Array(#"{"error":"not_found"}"#.utf8), status: .notFound) }
            return Response(status: .noContent, headerFields: [.cacheControl: "no-store"])
        } catch {
            return .error(error)
        }
    }

    /// The providers whose token was shown; more than one if the operator gave them the same.
    private func callers(_ text: String, _ context: RequestContext) throws(OAuthError) -> [UpstreamProvider] {
        let presented = SHA256.hash(text)
        let isRight = try guesses.check(.identityProvider, context) {
            secrets.values.reduce(false) { found, secret in secret.accepts(presented) || found }
        }
        guard isRight else { throw OAuthError(.invalidToken, "the token of an identity provider is wrong") }
        return secrets.filter { $0.value.accepts(presented) }.keys.sorted().compactMap { upstreams[$0] }
    }

    private static func identifier(_ request: Request) throws(OAuthError) -> SubjectIdentifier {
        let contentTypes = request.values(of: .contentType)
        guard contentTypes.count == 1, FormBody.mediaType(contentTypes[0]) == "application/json" else {
            throw OAuthError(.invalidRequest, "Content-Type must be application/json")
        }
        let body: JSONObject
        do { body = try JSONParser.parseObject(request.body) } catch {
            throw OAuthError(.invalidRequest, "the body must be a JSON object without repeated members")
        }
        // Drafts before -03, which Okta also sends, name it `subject`.
        let named = ["sub_id", "subject"].compactMap { body[$0] }
        guard named.count == 1, let object = named[0].objectValue else {
            throw OAuthError(.invalidRequest, "sub_id is required and must be one object")
        }
        return try SubjectIdentifier(object)
    }

    private func end(
        _ identifier: SubjectIdentifier,
        at providers: [UpstreamProvider],
        _ context: RequestContext
    ) async throws(OAuthError) -> Bool {
        var isKnown = false
        for provider in providers {
            isKnown = try await end(identifier, at: provider, context) || isKnown
        }
        return isKnown
    }

    /// Ends what the identifier names at a provider; repeating it after a failure ends the rest.
    ///
    /// - Returns: Whether somebody here has the account.
    private func end(
        _ identifier: SubjectIdentifier,
        at provider: UpstreamProvider,
        _ context: RequestContext
    ) async throws(OAuthError) -> Bool {
        let filters = try await OAuthError.attempt(await subjects.filters(identifier, at: provider))
        for filter in filters {
            guard let userID = filter.userID else { continue }
            // Before the sessions: a browser's login would begin another.
            try await endings.endBrowserLogins(of: userID)
            let count = try await endings.endAll(filter, by: "provider:\(provider.name)", context: context)
            endings.audit.record(
                .revokedByProvider(provider.name, userID, sessions: count, isWhole: filter.connections == nil),
                context: context
            )
        }
        return !filters.isEmpty
    }
}

extension GlobalRevocationEndpoint {
    /// The path, relative to the issuer.
    static let path = "/oauth/global-token-revocation"

    var surfaces: [Surface] {
        [
            Surface(
                .post,
                Self.path,
                name: "global_revocation",
                advertisement: .init(
                    member: "global_token_revocation_endpoint",
                    authentication: signers.providers.isEmpty ? nil : .own([GlobalRevocationToken.type])
                ),
                Self.operation
            )
        ]
    }

    private static let subject: JSONValue = [
        "type": "object", "required": ["format"],
        "properties": [
            "format": ["type": "string", "enum": .strings(SubjectIdentifier.formats)],
            "iss": ["type": "string"], "sub": ["type": "string"], "id": ["type": "string"],
            "email": ["type": "string"],
        ],
    ]

    private static let operation = OpenAPIOperation(
        id: "globalTokenRevocation",
        summary: "Ends everything that an identity provider's user has here.",
        details: """
            The bearer token is the upstream's `global_revocation_token` or, with `global_revocation_jwt`, a JWT of the \
            provider's with `typ: global-token-revocation+jwt`, whose only audience is this URL. `subject` is the name \
            of `sub_id` in earlier drafts.
            """,
        body: OpenAPIBody(
            mediaType: "application/json",
            schema: [
                "type": "object", "properties": ["sub_id": subject, "subject": subject],
                "oneOf": [["required": ["sub_id"]], ["required": ["subject"]]],
            ]
        ),
        responses: [
            (204, .empty("The user's sessions have ended")), (400, .error("The subject identifier is refused")),
            (401, .error("The provider's token is missing or wrong")),
            (404, .error("The provider's account is not known here")), (429, OpenAPIOperation.throttled),
            (503, OpenAPIOperation.unavailable),
        ]
    )
}
