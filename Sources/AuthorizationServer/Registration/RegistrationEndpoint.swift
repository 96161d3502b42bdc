import HTTPTypes
package import OAuthProtocol
package import OAuthState
package import OpenSSLCrypto
package import ServerConfiguration
package import SocketHTTP

/// RFC 7591: dynamic client registration.
package struct RegistrationEndpoint: Endpoint {
    private let clients: any ClientStore
    private let policy: ClientMetadata.Policy
    private let initialAccessToken: SecretValue?
    private let limiter: SourceLimiter
    private let failures: FailureLimit
    private let random: any RandomSource
    private let metrics: ServerMetrics
    private let audit: AuditTrail

    /// The endpoint; with an initial access token only its holders may register (RFC 7591 §3).
    package init(
        clients: any ClientStore,
        policy: ClientMetadata.Policy,
        initialAccessToken: SecretValue?,
        limiter: SourceLimiter,
        failures: FailureLimit,
        random: any RandomSource,
        metrics: ServerMetrics,
        audit: AuditTrail
    ) {
        self.clients = clients
        self.policy = policy
        self.initialAccessToken = initialAccessToken
        self.limiter = limiter
        self.failures = failures
        self.random = random
        self.metrics = metrics
        self.audit = audit
    }

    /// Registers a client, or states what is wrong with its metadata (CR-1, CR-11).
    package func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            try checkInitialAccessToken(request)
            if let retryAfter = await limiter.spend(.registration, source: context.source, now: context.now) {
                metrics.throttled(purpose: "registration")
                throw OAuthError(.tooManyRequests, "too many registrations from this address", retryAfter: retryAfter)
            }
            let metadata = try ClientMetadata(try Self.body(request), policy: policy)
            let answer = try await register(metadata, context)
            metrics.registration(result: "registered")
            return CrossOrigin.allow(.json(answer.serialized(), status: .created))
        } catch {
            let error = await failures.throttling(error, context: context)
            metrics.registration(result: error.code.wireValue)
            return CrossOrigin.allow(.error(error, namesTokenError: BearerToken.read(request) != nil))
        }
    }

    private func checkInitialAccessToken(_ request: Request) throws(OAuthError) {
        guard let initialAccessToken else { return }
        guard let presented = BearerToken.read(request) else {
            throw OAuthError(.invalidToken, "registration requires an initial access token")
        }
        guard constantTimeEqual(SHA256.hash(presented).bytes, SHA256.hash(initialAccessToken.text).bytes) else {
            throw .guess(.invalidToken, "registration requires an initial access token")
        }
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

    // Every registration is a new client: claude.ai registers twice, and both must work (CR-9).
    private func register(_ metadata: ClientMetadata, _ context: RequestContext) async throws(OAuthError) -> JSONObject
    {
        let id = Client.dynamicIDPrefix + Base64URL.encode(random.bytes(18))
        let secret = metadata.authenticationMethod.usesSecret ? ClientSecret(random: random) : nil
        let client = metadata.client(id: id, secretHash: secret?.hash, issuedAt: context.now)
        let registration = try await OAuthError.attempt(await clients.register(client).outcome)
        guard registration == .registered else { throw .overloaded }
        audit.record(.registered(client), context: context)
        return metadata.response(clientID: id, secret: secret, issuedAt: context.now)
    }
}
