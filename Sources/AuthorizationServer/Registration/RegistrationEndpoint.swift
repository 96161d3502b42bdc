import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
package import SocketHTTP

/// RFC 7591: dynamic client registration.
package struct RegistrationEndpoint: Endpoint {
    /// Who may register, and with what metadata.
    struct Rules: Sendable {
        /// The metadata that is accepted.
        let policy: ClientMetadata.Policy
        /// RFC 7591 §3: only its holders may register; `nil` where every client may.
        let initialAccessToken: AcceptedSecrets?
    }

    let clients: any ClientStore
    let rules: Rules
    let limiter: SourceLimiter
    let guesses: GuessLimit
    let random: any RandomSource
    let instruments: Instruments

    /// Registers a client, or states what is wrong with its metadata (CR-1, CR-11).
    package func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            try await checkInitialAccessToken(request, context)
            if let retryAfter = await limiter.spend(.registration, source: context.source, now: context.now) {
                instruments.metrics.throttled(purpose: "registration")
                throw OAuthError(.tooManyRequests, "too many registrations from this address", retryAfter: retryAfter)
            }
            let metadata = try ClientMetadata(try Self.body(request), policy: rules.policy)
            let answer = try await register(metadata, context)
            instruments.metrics.registration(result: "registered")
            return CrossOrigin.allow(.json(answer.serialized(), status: .created))
        } catch {
            instruments.metrics.registration(result: error.code.wireValue)
            return CrossOrigin.allow(.error(error, namesTokenError: BearerToken.read(request) != nil))
        }
    }

    private func checkInitialAccessToken(_ request: Request, _ context: RequestContext) async throws(OAuthError) {
        guard let initialAccessToken = rules.initialAccessToken else { return }
        guard let text = BearerToken.read(request) else {
            throw OAuthError(.invalidToken, "registration requires an initial access token")
        }
        let presented = SHA256.hash(text)
        let isRight = try guesses.check(.initialAccessToken, context) {
            initialAccessToken.accepts(presented)
        }
        guard isRight else { throw OAuthError(.invalidToken, "registration requires an initial access token") }
    }

    private static func body(_ request: Request) throws(OAuthError) -> JSONObject {
        let contentTypes = request.values(of: .contentType)
        guard contentTypes.count == 1, FormBody.mediaType(contentTypes[0]) == "application/json" else {
            throw OAuthError(.invalidClientMetadata, "Content-Type must be application/json")
        }
        do { return try JSONParser.parseObject(request.body) } catch {
            throw OAuthError(.invalidClientMetadata, "the body must be a JSON object without repeated members")
        }
    }

    /// The most bytes of one registration, keys not counted.
    private static let clientByteCountMax = 4096

    // Every registration is a new client: claude.ai registers twice, and both must work (CR-9).
    private func register(_ metadata: ClientMetadata, _ context: RequestContext) async throws(OAuthError) -> JSONObject
    {
        let id = Client.dynamicIDPrefix + Base64URL.encode(random.bytes(18))
        let secret = metadata.authenticationMethod.usesSecret ? ClientSecret(random: random) : nil
        let client = metadata.client(id: id, secretHash: secret?.hash, issuedAt: context.now)
        guard ClientRecord(client: client.withoutKeys).byteCount <= Self.clientByteCountMax else {
            throw OAuthError(.invalidClientMetadata, "the metadata is longer than 4 KiB, keys not counted")
        }
        let registration = try await OAuthError.attempt(
            await clients.register(client, from: context.network).outcome
        )
        guard registration == .registered else { throw .overloaded }
        instruments.audit.record(.registered(client), context: context)
        return metadata.response(clientID: id, secret: secret, issuedAt: context.now)
    }
}

extension RegistrationEndpoint {
    var surfaces: [Surface] {
        [
            Surface(
                .post,
                "/oauth/register",
                name: "register",
                origins: .all,
                advertisement: .init(member: "registration_endpoint"),
                Self.operation
            )
        ]
    }

    private static let operation = OpenAPIOperation(
        id: "register",
        summary: "Registers a client (RFC 7591).",
        body: OpenAPIBody(
            mediaType: "application/json",
            schema: [
                "type": "object", "required": ["redirect_uris"],
                "properties": [
                    "redirect_uris": ["type": "array", "minItems": 1, "items": ["type": "string"]],
                    "client_name": ["type": "string"], "token_endpoint_auth_method": ["type": "string"],
                    "grant_types": ["type": "array", "items": ["type": "string"]],
                    "response_types": ["type": "array", "items": ["type": "string"]], "scope": ["type": "string"],
                ],
            ]
        ),
        responses: [
            (201, .json("The client", .registration)), (400, .error("The metadata is refused")),
            (401, .error("Registration requires an initial access token")), (429, OpenAPIOperation.throttled),
            (503, OpenAPIOperation.unavailable),
        ]
    )
}

extension OpenAPISchema {
    fileprivate static let registration = OpenAPISchema(
        "Registration",
        required: ["client_id", "client_id_issued_at", "redirect_uris", "token_endpoint_auth_method"],
        [
            "client_id": ["type": "string"], "client_id_issued_at": ["type": "integer"],
            "client_secret": ["type": "string"], "client_secret_expires_at": ["type": "integer"],
            "redirect_uris": texts, "grant_types": texts, "response_types": texts,
            "token_endpoint_auth_method": ["type": "string"],
        ]
    )
}
