import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import SocketHTTP
import UpstreamIdentity

/// Global Token Revocation (draft-parecki-oauth-global-token-revocation): an identity provider ends everything that one
/// of its users has here, such as when the person leaves.
///
/// The provider shows the token that its upstream is configured with, and can name its own accounts only. Sessions,
/// codes and logins of the user end before the answer, and logins of browsers, so that nothing begins again without the
/// provider. Connections remain: they give access to nothing without a session.
struct GlobalRevocationEndpoint: Endpoint {
    let upstreams: UpstreamDirectory
    /// The accepted tokens by the upstream's name.
    let secrets: [String: AcceptedSecrets]
    let subjects: RevokedSubjects
    let endings: SessionEndings
    let guesses: GuessLimit

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            let providers = try callers(request, context)
            let identifier = try Self.identifier(request)
            var isKnown = false
            for provider in providers {
                isKnown = try await end(identifier, at: provider, context) || isKnown
            }
            guard isKnown else { return .json(Array(#"{"error":"not_found"}"#.utf8), status: .notFound) }
            return Response(status: .noContent, headerFields: [.cacheControl: "no-store"])
        } catch {
            return .error(error)
        }
    }

    /// The providers whose token was shown; more than one if the operator gave them the same.
    private func callers(_ request: Request, _ context: RequestContext) throws(OAuthError) -> [UpstreamProvider] {
        guard let text = BearerToken.read(request) else {
            throw OAuthError(.invalidToken, "the token of an identity provider is required")
        }
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
        guard let object = body["sub_id"]?.objectValue else {
            throw OAuthError(.invalidRequest, "sub_id is required and must be an object")
        }
        return try SubjectIdentifier(object)
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
    var surfaces: [Surface] {
        [
            Surface(
                .post,
                "/oauth/global-token-revocation",
                name: "global_revocation",
                advertisement: .init(member: "global_token_revocation_endpoint"),
                Self.operation
            )
        ]
    }

    private static let operation = OpenAPIOperation(
        id: "globalTokenRevocation",
        summary: "Ends everything that an identity provider's user has here.",
        body: OpenAPIBody(
            mediaType: "application/json",
            schema: [
                "type": "object", "required": ["sub_id"],
                "properties": [
                    "sub_id": [
                        "type": "object", "required": ["format"],
                        "properties": [
                            "format": ["type": "string", "enum": .strings(SubjectIdentifier.formats)],
                            "iss": ["type": "string"], "sub": ["type": "string"], "id": ["type": "string"],
                            "email": ["type": "string"],
                        ],
                    ]
                ],
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
