import OAuthProtocol
import OAuthState
import ServerConfiguration
import UpstreamIdentity

/// RFC 8693: a resource server exchanges its caller's access token for the caller's token at an upstream provider.
///
/// The caller authenticates as a resource server, and the presented token must be for it: possession of a `tsid` or of
/// a token for another resource is worthless (VT-1, D-37, D-67).
///
/// A class, so that a request hands on a reference and does not copy the collaborators.
final class TokenExchangeGrant: Grant {
    static let declaration = GrantDeclaration(
        type: .tokenExchange,
        name: "token_exchange",
        summary: "Retrieves the upstream tokens of an access token's user for a resource server (RFC 8693).",
        parameters: [
            "subject_token", "subject_token_type", "requested_token_type", "audience", "resource", "scope", "account",
            "min_ttl",
        ] + SubjectProofs.parameters,
        client: .confidential
    )

    /// The upstreams by the URLs of their APIs, in the form in which URLs are compared.
    private let upstreamsByAPI: [String: String]
    private let subjects: ExchangeSubject
    private let retrievals: UpstreamRetrievals
    private let audit: AuditTrail

    /// The most upstreams that one request may name.
    static let audienceCountMax = 8
    /// The longest `min_ttl`, in seconds.
    static let minimumLifetimeSecondsMax = 3600

    init(_ ground: GrantGround) {
        upstreamsByAPI = Dictionary(
            ground.configuration.upstreams.compactMap { upstream in
                upstream.apiResource.flatMap(ResourceCatalogue.comparisonForm).map { ($0, upstream.name) }
            },
            uniquingKeysWith: { first, _ in first }
        )
        subjects = ground.upstreams.subjects
        retrievals = ground.upstreams.retrievals
        audit = ground.audit
    }

    func evaluate(_ request: TokenRequest) async throws(OAuthError) -> [UInt8] {
        let server = try subjects.server(request.client)
        let upstreams = try audiences(request)
        let minimumLifetime = try minimumLifetime(request)
        let scopes = try request.scopes() ?? .empty
        let account = try request.form.once("account")
        // Both have a meaning at one provider only.
        guard upstreams.count == 1 || (scopes.isEmpty && account == nil) else {
            throw OAuthError(.invalidRequest, "scope and account require exactly one audience")
        }
        let subject = try await subject(request, of: server, upstreams: upstreams)
        let queries = upstreams.map { upstream in
            UpstreamCredentials.Query(
                session: subject.session,
                tokenScopes: subject.scopes,
                actors: subject.actors.names,
                upstream: upstream,
                scopes: scopes,
                minimumLifetime: minimumLifetime,
                account: account
            )
        }
        guard queries.count > 1 else { return try await answer(queries[0], request).serialized() }
        return await answers(queries, request).serialized()
    }

    // MARK: - The request

    // RFC 8693 §2.1 allows several `audience` values; each names one upstream. `resource` may name it too, by its name
    // or by the URL of its API, because gateways that use us as their token service know nothing else.
    private func audiences(_ request: TokenRequest) throws(OAuthError) -> [String] {
        if let requested = try request.form.once("requested_token_type") {
            guard requested == TokenTypeIdentifier.accessToken || requested == TokenTypeIdentifier.upstreamAccessToken
            else {
                throw OAuthError(.invalidRequest, "requested_token_type is not supported")
            }
        }
        guard try request.form.once("actor_token") == nil, try request.form.once("actor_token_type") == nil else {
            throw OAuthError(.invalidRequest, "actor_token is not supported")
        }
        let audiences = request.form.values("audience") + request.form.values("resource").map(upstream)
        guard !audiences.isEmpty else { throw OAuthError(.invalidRequest, "audience is required") }
        guard audiences.count <= Self.audienceCountMax else {
            throw OAuthError(.invalidRequest, "audience may be given at most \(Self.audienceCountMax) times")
        }
        guard audiences.count == 1 || Set(audiences).count == audiences.count else {
            throw OAuthError(.invalidRequest, "an audience is repeated")
        }
        return audiences
    }

    private func upstream(_ resource: String) -> String {
        ResourceCatalogue.comparisonForm(resource).flatMap { upstreamsByAPI[$0] } ?? resource
    }

    private func subject(
        _ request: TokenRequest,
        of server: ResourceServer,
        upstreams: [String]
    ) async throws(OAuthError) -> ExchangeSubject.Subject {
        let client = try request.client
        do {
            return try await subjects.subject(
                request.form,
                presentedBy: server,
                upstreams: upstreams,
                requestKey: request.key,
                context: request.context
            )
        } catch {
            audit.record(.exchangeRefused(clientID: client.id, error: error), context: request.context)
            throw error
        }
    }

    private func minimumLifetime(_ request: TokenRequest) throws(OAuthError) -> Duration {
        guard let text = try request.form.once("min_ttl") else { return .zero }
        guard let seconds = Int(text), (0...Self.minimumLifetimeSecondsMax).contains(seconds) else {
            throw OAuthError(
                .invalidRequest,
                "min_ttl must be a number of seconds, at most \(Self.minimumLifetimeSecondsMax)"
            )
        }
        return .seconds(seconds)
    }

    // MARK: - The answer

    private func answer(
        _ query: UpstreamCredentials.Query,
        _ request: TokenRequest
    ) async throws(OAuthError) -> JSONObject {
        let (credential, retrieval) = try await retrievals.retrieve(
            query,
            to: try request.client.id,
            context: request.context
        )
        return Self.answer(credential, retrieval, now: request.context.now)
    }

    // Refreshes run in parallel, and one provider's failure does not affect the others: each upstream has its answer or
    // its error (VX-3).
    private func answers(_ queries: [UpstreamCredentials.Query], _ request: TokenRequest) async -> JSONObject {
        let answers = await withTaskGroup(of: (Int, JSONObject).self) { group in
            for (index, query) in queries.enumerated() {
                group.addTask {
                    do throws(OAuthError) {
                        return (index, try await self.answer(query, request))
                    } catch {
                        var json = error.json
                        if let delay = error.retryAfter {
                            json["retry_after"] = .integer(max(1, Int(delay.wholeSeconds)))
                        }
                        return (index, json)
                    }
                }
            }
            var answers = [JSONObject](repeating: [:], count: queries.count)
            for await (index, answer) in group { answers[index] = answer }
            return answers
        }
        var upstreams: JSONObject = [:]
        for (query, answer) in zip(queries, answers) { upstreams[query.upstream] = .object(answer) }
        return ["upstreams": .object(upstreams)]
    }

    // It never contains the refresh token, and `expires_in` only if the provider stated one (VX-1).
    private static func answer(_ credential: UpstreamCredential, _ retrieval: Retrieval, now: Timestamp) -> JSONObject {
        let connection = credential.connection
        var account: JSONObject = ["sub": .string(connection.account)]
        if let name = connection.accountName {
            account["login"] = .string(name)
        }
        var json: JSONObject = [
            "access_token": .string(credential.accessToken),
            "issued_token_type": .string(TokenTypeIdentifier.accessToken),
            "token_type": "Bearer",
        ]
        // RFC 8693 §2.2.1: what is no access token has no type; `header` says where it belongs.
        if let entered = credential.entered {
            json["issued_token_type"] = .string(TokenTypeIdentifier.upstreamAccessToken)
            json["token_type"] = "N_A"
            json["header"] = .string(entered.header)
        }
        if let expiry = connection.accessTokenExpiry {
            json["expires_in"] = .number(JSONNumber(Int(max(0, (expiry - now).wholeSeconds))))
        }
        json["scope"] = .string(connection.scopes.text)
        json["upstream"] = .string(connection.upstream)
        if !credential.fields.isEmpty { json["upstream_fields"] = .object(credential.fields) }
        json["account"] = .object(account)
        let obtainedAt = connection.refreshedAt ?? connection.obtainedAt
        json["obtained_at"] = .number(JSONNumber(Int(obtainedAt.secondsSinceEpoch)))
        json["refreshed"] = .bool(credential.wasRefreshed)
        json["vend_id"] = .string(retrieval.id)
        return json
    }
}

extension UpstreamCredentialError {
    /// The error in the form of RFC 6749, with the members that a resource server needs to continue (VX-4).
    var oauthError: OAuthError {
        switch self {
        case .refusedWithoutReason(let connection):
            return UpstreamCredentialError.interactionRequired(
                reason: "reauth_required",
                missingScopes: .empty,
                connection: connection
            ).oauthError
        case .loginRequired(let connection, let remark):
            var error = UpstreamCredentialError.interactionRequired(
                reason: "reauth_required",
                missingScopes: .empty,
                connection: connection
            ).oauthError
            // A number and nothing else of what the provider wrote (AZ-15).
            error.details["provider_code"] = remark.code.map(JSONValue.string)
            return error
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
                "the identity provider is temporarily unavailable",
                retryAfter: retryAfter ?? .seconds(10)
            )
        case .sessionEnded:
            return OAuthError(.invalidGrant, "subject_token has expired or was revoked")
        case .refused(let error): return error
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
