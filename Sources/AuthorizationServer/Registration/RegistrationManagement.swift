import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import SocketHTTP

/// RFC 7592: where a client manages its registration, and with which token.
struct RegistrationManagement: Sendable {
    let issuer: Issuer
    let policy: ClientMetadata.Policy
    let random: any RandomSource
    /// The path below which each registration has its own, relative to the issuer.
    static let path = "/oauth/register"

    /// RFC 7592 §3: an answer about a registration, with the address and the token of its management.
    func answer(
        _ metadata: ClientMetadata,
        _ client: Client,
        secret: ClientSecret?,
        token: String
    ) -> JSONObject {
        var json = metadata.response(clientID: client.id, secret: secret, issuedAt: client.issuedAt)
        json["registration_client_uri"] = .string(issuer.url(Self.path + "/" + client.id))
        json["registration_access_token"] = .string(token)
        return json
    }
}

/// RFC 7592: a client that registered itself reads, replaces or deletes its registration.
///
/// Its token is stored as a hash only. Clients of the configuration and of metadata documents have none, so that their
/// ids are answered like unknown ones.
struct RegistrationManagementEndpoint: Endpoint {
    let management: RegistrationManagement
    let clients: any ClientStore
    let limiter: SourceLimiter
    let guesses: GuessLimit
    let endings: SessionEndings
    let instruments: Instruments

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            let (client, token) = try await client(request, context)
            switch request.method {
            case .put: return try await update(client, token, request, context)
            case .delete: return try await delete(client, context)
            default:
                let metadata = ClientMetadata(registered: client, policy: management.policy)
                let json = management.answer(metadata, client, secret: nil, token: token)
                return CrossOrigin.allow(.json(json.serialized()))
            }
        } catch {
            return CrossOrigin.allow(.error(error, namesTokenError: BearerToken.read(request) != nil))
        }
    }

    private static let invalidToken = OAuthError(.invalidToken, "the registration access token is invalid")

    // RFC 7592 §2: one answer for an unknown client, one without management and a wrong token. A guess is counted
    // before anything is compared.
    private func client(
        _ request: Request,
        _ context: RequestContext
    ) async throws(OAuthError) -> (client: Client, token: String) {
        guard let token = BearerToken.read(request), let id = request.pathParameter else { throw Self.invalidToken }
        let client = try await OAuthError.attempt(await clients.client(id))
        let stored = client?.managementTokenHash
        let presented = RegistrationAccessToken(wireValue: token)
        let isRight = try guesses.check(.registration(clientID: id), context) {
            stored.map(presented.matches) ?? false
        }
        guard isRight, let client else { throw Self.invalidToken }
        return (client, token)
    }

    // MARK: - Update

    // RFC 7592 §2.2: the request replaces everything; what it leaves out is as if it had never been registered.
    private func update(
        _ client: Client,
        _ token: String,
        _ request: Request,
        _ context: RequestContext
    ) async throws(OAuthError) -> Response {
        if let retryAfter = await limiter.spend(.registration, source: context.source, now: context.now) {
            instruments.metrics.throttled(purpose: "registration")
            instruments.refusals.record(.throttled("registration"), of: "", context)
            throw OAuthError(.tooManyRequests, "too many registrations from this address", retryAfter: retryAfter)
        }
        let body = try RegistrationEndpoint.body(request)
        try Self.check(body, client)
        let metadata = try ClientMetadata(body, policy: management.policy)
        // The secret stays while the client uses one; it cannot choose another (RFC 7592 §2.2).
        let usesSecret = metadata.authenticationMethod.usesSecret
        let secret = usesSecret && client.secretHash == nil ? ClientSecret(random: management.random) : nil
        let next = RegistrationAccessToken(random: management.random)
        let changed = metadata.client(
            id: client.id,
            secretHash: usesSecret ? secret?.hash ?? client.secretHash : nil,
            managementTokenHash: next.hash,
            issuedAt: client.issuedAt
        )
        try RegistrationEndpoint.checkSize(of: changed)
        let presented = RegistrationAccessToken(wireValue: token).hash
        switch try await OAuthError.attempt(await clients.update(changed, presenting: presented).outcome) {
        case .updated: break
        case .superseded: throw Self.invalidToken
        case .blocked: throw OAuthError(.invalidRedirectURI, "a redirect URI is not accepted here")
        }
        instruments.metrics.registration(result: "updated")
        instruments.audit.record(.registrationChanged(changed), context: context)
        let json = management.answer(metadata, changed, secret: secret, token: next.wireValue)
        return CrossOrigin.allow(.json(json.serialized()))
    }

    private static func check(_ body: JSONObject, _ client: Client) throws(OAuthError) {
        guard let id = body["client_id"]?.stringValue, id.hasSameBytes(as: client.id) else {
            throw OAuthError(.invalidClientMetadata, "client_id must be the id of this registration")
        }
        // RFC 7592 §2.2: these are not the client's to set.
        let own = [
            "registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at",
        ]
        if let member = own.first(where: { body[$0] != nil }) {
            throw OAuthError(.invalidClientMetadata, "\(member) must not be in an update")
        }
        guard let value = body["client_secret"] else { return }
        guard let stored = client.secretHash, let text = value.stringValue,
            ClientSecret(wireValue: text).matches(stored)
        else { throw OAuthError(.invalidClientMetadata, "client_secret must be the present one, or be left out") }
    }

    // MARK: - Delete

    // RFC 7592 §2.3. Sessions first: if the server stops in between, the client repeats the request with the same
    // token. Then the registration, without which no code and no refresh token is accepted, and what began in the
    // meantime.
    private func delete(_ client: Client, _ context: RequestContext) async throws(OAuthError) -> Response {
        let filter = SessionFilter(clientID: client.id)
        _ = try await endings.endAll(filter, by: "client", context: context)
        guard try await OAuthError.attempt(await clients.remove(client.id).outcome) else { throw Self.invalidToken }
        instruments.metrics.registration(result: "deleted")
        instruments.audit.record(.clientRemoved(client.id, by: "client"), context: context)
        _ = try await endings.endAll(filter, by: "client", context: context)
        return CrossOrigin.allow(Response(status: .noContent, headerFields: [.cacheControl: "no-store"], body: []))
    }
}

extension RegistrationManagementEndpoint {
    var surfaces: [Surface] {
        [
            Surface(
                path: RegistrationManagement.path + "/{client_id}",
                name: "registration",
                methods: [
                    .method(.get, Self.reading), .method(.put, Self.updating), .method(.delete, Self.deleting),
                ],
                origins: .all
            )
        ]
    }

    private static let refused = OpenAPIResponse.error("The token is missing or wrong, or there is no such client")
    private static let misspelled = OpenAPIResponse.error("The path does not end with a client id")

    private static let reading = OpenAPIOperation(
        id: "readRegistration",
        summary: "Returns a client's own registration (RFC 7592 §2.1); a secret is not returned again.",
        parameters: [.inPath("client_id")],
        security: ["registrationToken"],
        responses: [
            (200, .json("The registration", .registration)), (401, refused), (404, misspelled),
            (429, OpenAPIOperation.throttled), (503, OpenAPIOperation.unavailable),
        ]
    )

    private static let updating = OpenAPIOperation(
        id: "updateRegistration",
        summary: "Replaces a client's own registration (RFC 7592 §2.2); the answer has the next token.",
        parameters: [.inPath("client_id")],
        body: RegistrationEndpoint.metadataBody(required: ["client_id", "redirect_uris"]),
        security: ["registrationToken"],
        responses: [
            (200, .json("The registration", .registration)), (400, .error("The metadata is refused")), (401, refused),
            (404, misspelled), (429, OpenAPIOperation.throttled), (503, OpenAPIOperation.unavailable),
        ]
    )

    private static let deleting = OpenAPIOperation(
        id: "deleteRegistration",
        summary: "Removes a client's own registration and ends its sessions (RFC 7592 §2.3).",
        parameters: [.inPath("client_id")],
        security: ["registrationToken"],
        responses: [
            (204, .empty("The client is removed")), (401, refused), (404, misspelled),
            (429, OpenAPIOperation.throttled), (503, OpenAPIOperation.unavailable),
        ]
    )
}
