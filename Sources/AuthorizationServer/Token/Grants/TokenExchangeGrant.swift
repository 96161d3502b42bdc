package import OAuthProtocol
import OAuthState
package import OpenSSLCrypto

/// RFC 8693: a resource server trades its caller's access token for the caller's token at an upstream provider.
///
/// The caller proves itself as a resource server, and the presented token must be meant for it: possession of a `tsid`
/// or of a token for someone else is worth nothing (VT-1, D-37, D-67; Auth0's rule).
package struct TokenExchangeGrant: Grant {
    package let grantType = GrantType.tokenExchange
    private let resources: ResourceCatalogue
    private let verification: AccessTokenVerification
    private let credentials: UpstreamCredentials
    private let random: any RandomSource
    private let metrics: ServerMetrics
    private let audit: AuditTrail

    /// RFC 8693 §3: the token types of this grant.
    enum TokenType {
        static let accessToken = "urn:ietf:params:oauth:token-type:access_token"
        static let jwt = "urn:ietf:params:oauth:token-type:jwt"
        static let upstreamAccessToken = "urn:x-gatehouse:token-type:upstream-access-token"
    }

    /// Most upstreams that one request may name.
    static let audienceCountMax = 8
    /// Longest `min_ttl`, in seconds.
    static let minimumLifetimeSecondsMax = 3600

    /// The grant over the vault.
    package init(
        resources: ResourceCatalogue,
        verification: AccessTokenVerification,
        credentials: UpstreamCredentials,
        random: any RandomSource,
        metrics: ServerMetrics,
        audit: AuditTrail
    ) {
        self.resources = resources
        self.verification = verification
        self.credentials = credentials
        self.random = random
        self.metrics = metrics
        self.audit = audit
    }

    package func evaluate(_ request: TokenRequest) async throws(OAuthError) -> [UInt8] {
        let own = resources.resources.filter { $0.clientID == request.client.id }
        guard !own.isEmpty else {
            throw OAuthError(.unauthorizedClient, "this client is not a resource server here")
        }
        let upstream = try audience(request)
        let session: Session
        do {
            session = try await subject(request, own: own)
            try Self.check(session, own: own, upstream)
        } catch {
            await audit.record(.exchangeRefused(clientID: request.client.id, error: error), context: request.context)
            throw error
        }
        return try await vend(request, session, upstream)
    }

    private static func check(
        _ session: Session,
        own: [ProtectedResource],
        _ upstream: String
    ) throws(OAuthError) {
        guard let resource = own.first(where: { $0.uri == session.resource }),
            resource.upstreams.contains(where: { $0.hasSameBytes(as: upstream) })
        else {
            throw OAuthError(.invalidTarget, "this resource may not retrieve tokens of that audience")
        }
    }

    // MARK: - The request

    private func audience(_ request: TokenRequest) throws(OAuthError) -> String {
        if let requested = try request.form.once("requested_token_type") {
            guard [TokenType.accessToken, TokenType.upstreamAccessToken].contains(requested) else {
                throw OAuthError(.invalidRequest, "requested_token_type is not offered")
            }
        }
        guard try request.form.once("actor_token") == nil, try request.form.once("actor_token_type") == nil else {
            throw OAuthError(.invalidRequest, "actor_token is not supported")
        }
        return try request.form.required("audience")
    }

    private func subject(_ request: TokenRequest, own: [ProtectedResource]) async throws(OAuthError) -> Session {
        let token = try request.form.required("subject_token")
        let type = try request.form.required("subject_token_type")
        guard [TokenType.accessToken, TokenType.jwt].contains(type) else {
            throw OAuthError(.invalidRequest, "subject_token_type must be an access token")
        }
        do {
            return try await verification.liveSession(
                of: token,
                audiences: Set(own.map(\.uri)),
                now: request.context.now
            )
        } catch {
            switch error {
            // The caller answers its own client with 401 and a challenge: peers §6 wants one code for every dead token.
            case .notOurs: throw .guess(.invalidGrant, "subject_token is not an access token of this server")
            case .expired, .revoked: throw OAuthError(.invalidGrant, "subject_token has expired or was revoked")
            case .wrongAudience: throw OAuthError(.invalidTarget, "subject_token is meant for another resource")
            }
        }
    }

    private func minimumLifetime(_ request: TokenRequest) throws(OAuthError) -> Duration {
        guard let text = try request.form.once("min_ttl") else { return .zero }
        guard let seconds = Int(text), (0...Self.minimumLifetimeSecondsMax).contains(seconds) else {
            throw OAuthError(
                .invalidRequest,
                "min_ttl must be a number of seconds up to \(Self.minimumLifetimeSecondsMax)"
            )
        }
        return .seconds(seconds)
    }

    // MARK: - The answer

    private func vend(
        _ request: TokenRequest,
        _ session: Session,
        _ upstream: String
    ) async throws(OAuthError) -> [UInt8] {
        let query = UpstreamCredentials.Query(
            session: session,
            upstream: upstream,
            scopes: try request.scopes() ?? .empty,
            minimumLifetime: try minimumLifetime(request),
            account: try request.form.once("account")
        )
        var vend = Vend(
            id: Base64URL.encode(random.bytes(12)),
            clientID: request.client.id,
            session: session,
            upstream: upstream
        )
        do {
            let credential = try await credentials.credential(query, now: request.context.now)
            vend.connection = credential.connection
            vend.wasRefreshed = credential.wasRefreshed
            vend.tokenFingerprint = Vend.fingerprint(credential.accessToken)
            metrics.vend(upstream, result: vend.result)
            await audit.record(.exchanged(vend), context: request.context)
            return Self.answer(credential, vend, now: request.context.now).serialized()
        } catch {
            let refusal = error.oauthError
            vend.result = refusal.code.wireValue
            vend.reason = refusal.details["reason"]?.stringValue
            metrics.vend(upstream, result: vend.result)
            await audit.record(.exchanged(vend), context: request.context)
            throw refusal
        }
    }

    // The refresh token is never in it, and `expires_in` only if the provider said one (peers §6).
    private static func answer(_ credential: UpstreamCredential, _ vend: Vend, now: Timestamp) -> JSONObject {
        let connection = credential.connection
        var account: JSONObject = ["sub": .string(connection.account)]
        if let name = connection.accountName {
            account["login"] = .string(name)
        }
        var json: JSONObject = [
            "access_token": .string(credential.accessToken),
            "issued_token_type": .string(TokenType.accessToken),
            "token_type": "Bearer",
        ]
        if let expiry = connection.accessTokenExpiry {
            json["expires_in"] = .number(JSONNumber(Int(max(0, (expiry - now).wholeSeconds))))
        }
        json["scope"] = .string(connection.scopes.text)
        json["upstream"] = .string(connection.upstream)
        json["account"] = .object(account)
        let obtainedAt = connection.refreshedAt ?? connection.obtainedAt
        json["obtained_at"] = .number(JSONNumber(Int(obtainedAt.secondsSinceEpoch)))
        json["refreshed"] = .bool(credential.wasRefreshed)
        json["vend_id"] = .string(vend.id)
        return json
    }
}

extension UpstreamCredentialError {
    /// The error as RFC 6749 answers it, with what a resource server needs to go on (peers §6).
    var oauthError: OAuthError {
        switch self {
        case .interactionRequired(let reason, let missing, _):
            var error = OAuthError(.interactionRequired, Self.explanation(reason))
            error.details["reason"] = .string(reason)
            if !missing.isEmpty {
                error.details["missing_scopes"] = .string(missing.text)
            }
            return error
        case .temporarilyUnavailable(let retryAfter):
            return OAuthError(
                .temporarilyUnavailable,
                "the identity provider cannot be reached now",
                retryAfter: retryAfter ?? .seconds(10)
            )
        case .misconfigured(let reason):
            return OAuthError(.serverError, reason)
        }
    }

    private static func explanation(_ reason: String) -> String {
        switch reason {
        case "not_connected": "the user has not connected this upstream"
        case "scope_missing": "the user has not granted all of these scopes at the upstream"
        default: "the user must connect this upstream again"
        }
    }
}
