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
        /// RFC 7592: where registrations are managed; `nil` where they are not.
        let management: RegistrationManagement?
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
                instruments.refusals.record(.throttled("registration"), of: "", context)
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

    /// The metadata of a request.
    static func body(_ request: Request) throws(OAuthError) -> JSONObject {
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
        let token = rules.management.map { _ in RegistrationAccessToken(random: random) }
        let client = metadata.client(
            id: id,
            secretHash: secret?.hash,
            managementTokenHash: token?.hash,
            issuedAt: context.now
        )
        try Self.checkSize(of: client)
        let registration = try await OAuthError.attempt(
            await clients.register(client, from: context.network).outcome
        )
        guard registration == .registered else { throw .overloaded }
        instruments.audit.record(.registered(client), context: context)
        guard let management = rules.management, let token else {
            return metadata.response(clientID: id, secret: secret, issuedAt: context.now)
        }
        return management.answer(metadata, client, secret: secret, token: token.wireValue)
    }

    /// Refuses a registration that is too long.
    ///
    /// - Throws: `invalid_client_metadata`.
    static func checkSize(of client: Client) throws(OAuthError) {
        guard ClientRecord(client: client.withoutKeys).byteCount <= clientByteCountMax else {
            throw OAuthError(.invalidClientMetadata, "the metadata is longer than 4 KiB, keys not counted")
        }
    }
}

extension RegistrationEndpoint {
    var surfaces: [Surface] {
        [
            Surface(
                .post,
                RegistrationManagement.path,
                name: "register",
                origins: .all,
                advertisement: .init(member: "registration_endpoint"),
                Self.operation
            )
        ]
    }

    /// The body of a registration and of its update.
    static func metadataBody(required: [String]) -> OpenAPIBody {
        OpenAPIBody(
            mediaType: "application/json",
            schema: [
                "type": "object", "required": .strings(required),
                "properties": [
                    "client_id": ["type": "string"],
                    "redirect_uris": ["type": "array", "minItems": 1, "items": ["type": "string"]],
                    "client_name": ["type": "string"], "token_endpoint_auth_method": ["type": "string"],
                    "grant_types": ["type": "array", "items": ["type": "string"]],
                    "response_types": ["type": "array", "items": ["type": "string"]], "scope": ["type": "string"],
                ],
            ]
        )
    }

    private static let operation = OpenAPIOperation(
        id: "register",
        summary: "Registers a client (RFC 7591).",
        body: metadataBody(required: ["redirect_uris"]),
        responses: [
            (201, .json("The client", .registration)), (400, .error("The metadata is refused")),
            (401, .error("Registration requires an initial access token")), (429, OpenAPIOperation.throttled),
            (503, OpenAPIOperation.unavailable),
        ]
    )
}

extension OpenAPISchema {
    static let registration = OpenAPISchema(
        "Registration",
        required: ["client_id", "client_id_issued_at", "redirect_uris", "token_endpoint_auth_method"],
        [
            "client_id": ["type": "string"], "client_id_issued_at": ["type": "integer"],
            "client_secret": ["type": "string"], "client_secret_expires_at": ["type": "integer"],
            "redirect_uris": texts, "grant_types": texts, "response_types": texts,
            "token_endpoint_auth_method": ["type": "string"], "registration_client_uri": ["type": "string"],
            "registration_access_token": ["type": "string"],
        ]
    )
}
